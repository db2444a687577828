import type { MaskRuns } from "../../../../proto/rle.js";
import { frameFor } from "../../frame.js";
import { maskLogits } from "../../masks/mask-logits.js";

/** What a mask is to the memory's encoder: its share of a pixel, 0 to 1, times 20, less 10. */
const scale = 20;
const bias = -10;

/**
 * A mask that is known, inside or outside, on the pixels of the model's frame, which it fills as its picture does.
 * @returns float32 [side, side]: 10 or -10.
 */
export function knownMask(mask: MaskRuns, side: number): Float32Array {
  const pixels = frameFor(mask.width, mask.height, { modelSize: side, gridSize: side, resize: "stretch" });
  return maskLogits(mask, pixels, 1).map((share) => (share > 0 ? scale + bias : bias));
}

/** One that was found, as sure as the model was of each pixel. @param logits float32 [grid, grid]. @returns float32 [side, side]: -10 to 10. */
export function foundMask(logits: Float32Array, side: number): Float32Array {
  return enlarged(logits, Math.sqrt(logits.length), side).map((logit) => scale / (1 + Math.exp(-logit)) + bias);
}

/** That of an object that is not there. */
export const noMask = (side: number): Float32Array => new Float32Array(side ** 2).fill(bias);

/** Bilinear between the middles of the grid's cells, as PyTorch's `interpolate` without aligned corners. */
function enlarged(values: Float32Array, grid: number, side: number): Float32Array {
  const from = new Uint32Array(side);
  const to = new Uint32Array(side);
  const part = new Float32Array(side);
  for (let at = 0; at < side; at++) {
    const place = Math.max(0, ((at + 0.5) * grid) / side - 0.5);
    from[at] = Math.min(Math.floor(place), grid - 1);
    to[at] = Math.min(from[at]! + 1, grid - 1);
    part[at] = place - from[at]!;
  }
  const large = new Float32Array(side ** 2);
  for (let y = 0, at = 0; y < side; y++) {
    const [above, below] = [from[y]! * grid, to[y]! * grid];
    for (let x = 0; x < side; x++, at++) {
      const [left, right, share] = [from[x]!, to[x]!, part[x]!];
      const upper = values[above + left]! * (1 - share) + values[above + right]! * share;
      const lower = values[below + left]! * (1 - share) + values[below + right]! * share;
      large[at] = upper * (1 - part[y]!) + lower * part[y]!;
    }
  }
  return large;
}
