import type { SegmentResult } from "../../../proto/index.js";

/** What a prompt took from the moment at which its decoder's worker was free for it, ms. */
export function workerMsOf({ timings }: SegmentResult): number {
  return (timings?.embeddingMs ?? 0) + (timings?.decodeMs ?? 0) + (timings?.maskMs ?? 0);
}
