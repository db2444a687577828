import { describe, expect, it } from "vitest";
import type { MaskRuns } from "./rle.js";
import { bitmapToRle, rleToBitmap } from "./rle-bitmap.js";
import { combineMasks, type MaskOperation } from "./rle-combine.js";

const perPixel: Record<MaskOperation, (a: number, b: number) => number> = {
  union: (a, b) => a | b,
  intersection: (a, b) => a & b,
  difference: (a, b) => a & (1 - b),
};

/** A repeatable mask: each pixel set with the given chance. */
function randomMask(height: number, width: number, chance: number, seed: number): MaskRuns {
  let state = seed;
  const bitmap = Uint8Array.from({ length: height * width }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 < chance ? 1 : 0;
  });
  return bitmapToRle(bitmap, width, height);
}

describe("combineMasks", () => {
  for (const operation of ["union", "intersection", "difference"] as const) {
    it(`gives each pixel's ${operation}, whatever the masks look like`, () => {
      for (const [height, width] of [
        [1, 1],
        [1, 9],
        [7, 1],
        [13, 17],
      ] as const) {
        for (const a of [0, 0.1, 0.6, 1]) {
          for (const b of [0, 0.3, 1]) {
            const [one, other] = [randomMask(height, width, a, 1), randomMask(height, width, b, 2)];
            const [left, right] = [rleToBitmap(one), rleToBitmap(other)];
            const expected = left.map((value, at) => perPixel[operation](value, right[at]!));
            expect(combineMasks(one, other, operation)).toEqual(bitmapToRle(expected, width, height));
          }
        }
      }
    });
  }

  it("refuses masks of different sizes", () => {
    expect(() => combineMasks(randomMask(2, 3, 1, 1), randomMask(3, 2, 1, 1), "union")).toThrow(RangeError);
  });
});
