import { Code, ServiceError } from "../../services/runtime/errors.js";
import type { Answer } from "./answer.js";

/**
 * E8: what begins with the next layer's answer has `ms` to begin. From then on the time is the decoder's to keep, and the
 * caller's signal goes on to hold.
 */
export function withBeginDeadline<Request, Result>(ms: number, next: Answer<Request, Result>): Answer<Request, Result> {
  return async function beginDeadline(request, call) {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), ms);
    try {
      return await next(request, { ...call, signal: AbortSignal.any([call.signal, late.signal]) });
    } catch (error) {
      throw late.signal.aborted && !call.signal.aborted ? tooLate(ms) : error;
    } finally {
      clearTimeout(timer);
    }
  };
}

const tooLate = (ms: number) =>
  new ServiceError({
    code: Code.DEADLINE_EXCEEDED,
    message: `Everything mode did not begin within ${Math.round(ms / 1000)} s; take fewer crop layers, or try again later.`,
  });
