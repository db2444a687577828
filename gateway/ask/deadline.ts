import type { Call } from "../../services/runtime/grpc/call.js";

/**
 * Gives the next layer a signal that aborts with the caller's or, as a TimeoutError, after `ms`. Nothing is left behind once
 * it settles: `AbortSignal.any` and `timeout` would keep a timer for every click until the collector finds it.
 */
export function withDeadline<Request, C extends Call, Result>(
  ms: number,
  next: (request: Request, call: C) => Promise<Result>,
): (request: Request, call: C) => Promise<Result> {
  return async function deadline(request, call) {
    const controller = new AbortController();
    const leave = () => controller.abort(call.signal.reason);
    const timer = setTimeout(() => controller.abort(new DOMException("the deadline passed", "TimeoutError")), ms);
    call.signal.addEventListener("abort", leave);
    if (call.signal.aborted) leave();
    try {
      return await next(request, { ...call, signal: controller.signal });
    } finally {
      clearTimeout(timer);
      call.signal.removeEventListener("abort", leave);
    }
  };
}
