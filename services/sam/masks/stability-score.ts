import { contentGrid, type Frame } from "../frame.js";

/** Meta's defaults in `SamAutomaticMaskGenerator`, in logits. */
interface StabilityOptions {
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
  const isHigh = (logit: number) => Number(logit > high);
  const isLow = (logit: number) => Number(logit > low);
  for (let y = 0; y < rows; y++) {
    const end = y * gridSize + columns;
    let at = y * gridSize;
    // Sums instead of branches: near the edge, where it matters, a branch is a coin's toss. Four at once for speed.
    for (; at + 4 <= end; at += 4) {
      const a = logits[at]!;
      const b = logits[at + 1]!;
      const c = logits[at + 2]!;
      const d = logits[at + 3]!;
      intersection += isHigh(a) + isHigh(b) + isHigh(c) + isHigh(d);
      union += isLow(a) + isLow(b) + isLow(c) + isLow(d);
    }
    for (; at < end; at++) {
      intersection += isHigh(logits[at]!);
      union += isLow(logits[at]!);
    }
  }
  return union === 0 ? 0 : intersection / union;
}
