import type { SegmentResult } from "../../../proto/index.js";

/** What the gateway takes at the most from one prompt's answer to the next prompt's start. */
const turnMs = 2;

/** What the service itself took for an answer, in milliseconds: all but the way there and back, and the gateway's turns. */
export function serviceMsOf({ timings }: Pick<SegmentResult, "timings">): number {
  const { queueMs = 0, embeddingMs = 0, decodeMs = 0, maskMs = 0 } = timings ?? {};
  return queueMs + embeddingMs + decodeMs + maskMs;
}

/**
 * Whether a prompt stood in the page's line at the gateway: it was asked before the answer before it had come, and its own
 * followed that as closely as the service can. Its time then says nothing of the way.
 */
export function hasWaited(
  { askedAtMs, answeredAtMs, serviceMs }: { askedAtMs: number; answeredAtMs: number; serviceMs: number },
  answeredBeforeAtMs: number,
): boolean {
  return askedAtMs < answeredBeforeAtMs && answeredAtMs - answeredBeforeAtMs < serviceMs + turnMs;
}
