import type { SegmentRequest } from "../../../proto/index.js";
import type { Region } from "../region.js";

/** The part of the picture that a prompt is decoded on beside the whole, for what provides its embedding. */
export function partOf({ crop }: SegmentRequest): Region[] {
  if (!crop) return [];
  const { x = 0, y = 0, width = 0, height = 0 } = crop;
  return [{ x, y, width, height }];
}
