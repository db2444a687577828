import { contentGrid, type Frame } from "../frame.js";

/** Meta's defaults in `SamAutomaticMaskGenerator`, in logits. */
export interface StabilityOptions {
  readonly threshold?: number;
  readonly offset?: number;
}

/**
 * How little a mask changes when its threshold does, 0 to 1: the IoU of the logits cut at `threshold + offset` and at
 * `threshold - offset`. The first lies within the second, so that the IoU is the quotient of their areas:
 * `calculate_stability_score` of segment_anything/utils/amg.py, on the low-resolution grid and without the padding.
 * @param logits float32 [gridSize, gridSize], row by row. @param frame says which cells hold the picture.
 * @returns 0 when no logit passes even the lower cut. @throws RangeError when the length is wrong.
 */
export function stabilityScore(logits: Float32Array, frame: Frame, options: StabilityOptions = {}): number {
  const { threshold = 0, offset = 1 } = options;
  const { gridSize } = frame;
  if (logits.length !== gridSize * gridSize) {
    throw new RangeError(`Expected ${gridSize} x ${gridSize} mask logits, got ${logits.length}.`);
  }
  const { columns, rows } = contentGrid(frame);
  const high = threshold + offset;
  const low = threshold - offset;
  let intersection = 0;
  let union = 0;
  for (let y = 0; y < rows; y++) {
    const end = y * gridSize + columns;
    for (let at = y * gridSize; at < end; at++) {
      const logit = logits[at]!;
      // Sums instead of branches: near the edge, where it matters, a branch is a coin's toss.
      intersection += logit > high ? 1 : 0;
      union += logit > low ? 1 : 0;
    }
  }
  return union === 0 ? 0 : intersection / union;
}
