export interface Pixel {
  readonly x: number;
  readonly y: number;
}

/** A pixel with its squared distance to the nearest one outside its mask. */
interface DeepPixel extends Pixel {
  readonly squared: number;
}

/**
 * The pixel of a mask farthest from everything outside it, where a person would click. What lies past the picture's edge
 * counts as outside. The first one, row by row, where several are equally deep; undefined for an empty mask.
 */
export function deepestPoint(bitmap: Uint8Array, width: number, height: number): Pixel | undefined {
  const deepest = deepestPixel(bitmap, width, height);
  return deepest && { x: deepest.x, y: deepest.y };
}

/** The same with its depth. @param without pixels that are not to be it. */
export function deepestPixel(
  bitmap: Uint8Array,
  width: number,
  height: number,
  without: readonly Pixel[] = [],
): DeepPixel | undefined {
  const squared = squaredDepths(bitmap, width, height);
  for (const { x, y } of without) squared[y * width + x] = 0;
  let best = 0;
  let at: number | undefined;
  for (let i = 0; i < squared.length; i++) {
    if (squared[i]! <= best) continue;
    best = squared[i]!;
    at = i;
  }
  return at === undefined ? undefined : { x: at % width, y: Math.floor(at / width), squared: best };
}

/** Squared Euclidean distance to the nearest pixel outside, exact: columns first, then rows (Meijster et al. 2000's split). */
export function squaredDepths(bitmap: Uint8Array, width: number, height: number): Float64Array {
  const vertical = new Float64Array(width * height);
  for (let x = 0; x < width; x++) {
    let run = 0;
    for (let y = 0; y < height; y++) {
      run = bitmap[y * width + x] ? run + 1 : 0;
      vertical[y * width + x] = run;
    }
    run = 0;
    for (let y = height - 1; y >= 0; y--) {
      run = bitmap[y * width + x] ? run + 1 : 0;
      if (run < vertical[y * width + x]!) vertical[y * width + x] = run;
    }
  }
  const result = new Float64Array(width * height);
  for (let i = 0; i < result.length; i++) {
    const x = i % width;
    const row = i - x;
    let best = vertical[i]! ** 2;
    // Going sideways stops paying once the step alone is longer than the best so far.
    for (let step = 1; step * step < best; step++) {
      const left = x - step < 0 ? 0 : vertical[row + x - step]!;
      const right = x + step >= width ? 0 : vertical[row + x + step]!;
      best = Math.min(best, step * step + Math.min(left, right) ** 2);
    }
    result[i] = best;
  }
  return result;
}
