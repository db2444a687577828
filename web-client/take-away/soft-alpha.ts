import { type BoundingBox, type MaskRuns, rleToBitmap } from "../../proto/index.js";

/** Pixels on each side of the outline over which a cut-out fades: more in a larger picture, whose masks are less exact. */
export function softEdgePx({ width, height }: { width: number; height: number }): number {
  return Math.max(1, Math.round(Math.max(width, height) / 1500));
}

/** The part of a picture that a soft cut-out needs: the object's box and its fading edge, within the picture. */
export function softBox(box: BoundingBox, picture: { width: number; height: number }): BoundingBox {
  const edge = 2 * softEdgePx(picture);
  const x = Math.max(0, box.x - edge);
  const y = Math.max(0, box.y - edge);
  return {
    ...box,
    x,
    y,
    width: Math.min(picture.width, box.x + box.width + edge) - x,
    height: Math.min(picture.height, box.y + box.height + edge) - y,
  };
}

/**
 * How much of each pixel of `part` belongs to the object, 0 to 255, row by row: the mask averaged twice over a square of
 * `2 * edgePx + 1` pixels, so that the middle of the fading lies on the outline. Beyond the picture's edges the mask goes
 * on as it is at them: what the edge cuts has no soft side there.
 */
export function softAlpha(mask: MaskRuns, part: BoundingBox, edgePx: number): Uint8ClampedArray {
  const bitmap = rleToBitmap(mask, 255);
  // With as much of its surroundings as the averages reach to.
  const margin = 2 * edgePx;
  const width = part.width + 2 * margin;
  const height = part.height + 2 * margin;
  let pixels = new Float32Array(width * height);
  for (let row = 0; row < height; row++) {
    const y = clamp(part.y + row - margin, mask.height);
    for (let column = 0; column < width; column++) {
      pixels[row * width + column] = bitmap[y * mask.width + clamp(part.x + column - margin, mask.width)]!;
    }
  }
  for (let pass = 0; pass < 2; pass++) {
    pixels = averaged(pixels, height, width, 1, width, edgePx);
    pixels = averaged(pixels, width, height, width, 1, edgePx);
  }
  const alpha = new Uint8ClampedArray(part.width * part.height);
  for (let row = 0; row < part.height; row++) {
    const from = (row + margin) * width + margin;
    alpha.set(pixels.subarray(from, from + part.width), row * part.width);
  }
  return alpha;
}

/** The running average along lines of `length` pixels, `step` apart; `lines` of them, `stride` apart. */
function averaged(
  from: Float32Array,
  lines: number,
  length: number,
  step: number,
  stride: number,
  edgePx: number,
): Float32Array<ArrayBuffer> {
  const to = new Float32Array(from.length);
  const share = 1 / (2 * edgePx + 1);
  for (let line = 0; line < lines; line++) {
    const start = line * stride;
    const at = (i: number) => from[start + clamp(i, length) * step]!;
    let sum = 0;
    for (let i = -edgePx; i <= edgePx; i++) sum += at(i);
    for (let i = 0; i < length; i++) {
      to[start + i * step] = sum * share;
      sum += at(i + edgePx + 1) - at(i - edgePx);
    }
  }
  return to;
}

function clamp(i: number, length: number): number {
  return Math.max(0, Math.min(length - 1, i));
}
