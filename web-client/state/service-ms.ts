import type { SegmentResult } from "../../proto/index.js";

/** What the service itself took for an answer, in milliseconds: all but the way there and back, and the gateway's turns. */
export function serviceMsOf({ timings }: Pick<SegmentResult, "timings">): number {
  const { queueMs = 0, embeddingMs = 0, decodeMs = 0, maskMs = 0 } = timings ?? {};
  return queueMs + embeddingMs + decodeMs + maskMs;
}
