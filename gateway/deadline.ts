/**
 * Runs `work` with a signal that aborts with the caller's or, as a TimeoutError, after `ms`. Nothing is left behind once it
 * settles: `AbortSignal.any` and `timeout` would keep a timer for every click until the collector finds it.
 */
export async function withDeadline<T>(
  signal: AbortSignal,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const leave = () => controller.abort(signal.reason);
  const timer = setTimeout(() => controller.abort(new DOMException("the deadline passed", "TimeoutError")), ms);
  signal.addEventListener("abort", leave);
  if (signal.aborted) leave();
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", leave);
  }
}
