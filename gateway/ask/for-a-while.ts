import type { Answer } from "./answer.js";

/**
 * An answer that is everybody's and costs more than it tells, made once for all who ask within so long. One that failed is not kept, and
 * who asks while it is being made has one of their own, so that nobody hangs on another's call.
 */
export function forAWhile<Request, Result extends object>(
  ms: number,
  next: Answer<Request, Result>,
  now = () => performance.now(),
): Answer<Request, Result> {
  let kept: { result: Result; until: number } | undefined;
  return async (request, call) => {
    if (kept && now() < kept.until) return kept.result;
    const result = await next(request, call);
    kept = { result, until: now() + ms };
    return result;
  };
}
