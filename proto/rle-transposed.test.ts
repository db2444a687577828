import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkRuns, type MaskRuns } from "./rle.js";
import { bitmapToRle, rleToBitmap } from "./rle-bitmap.js";
import { cutMask, placeMask } from "./rle-part.js";
import { transposed } from "./rle-transposed.js";

const side = fc.integer({ min: 1, max: 20 });
const masks = fc
  .tuple(side, side)
  .chain(([width, height]) =>
    fc
      .array(fc.integer({ min: 0, max: 1 }), { minLength: width * height, maxLength: width * height })
      .map((pixels) => bitmapToRle(Uint8Array.from(pixels), width, height)),
  );
const pixelAt = (mask: MaskRuns, bitmap: Uint8Array, x: number, y: number) =>
  x >= 0 && y >= 0 && x < mask.width && y < mask.height ? bitmap[y * mask.width + x] : 0;

describe("a mask with rows and columns changed round", () => {
  it("has every pixel at its place, and is itself again the other way", () => {
    fc.assert(
      fc.property(masks, (mask) => {
        const other = transposed(mask);
        checkRuns(other);
        const [bitmap, turned] = [rleToBitmap(mask), rleToBitmap(other)];
        for (let x = 0; x < mask.width; x++) {
          for (let y = 0; y < mask.height; y++) {
            expect(pixelAt(other, turned, y, x)).toBe(pixelAt(mask, bitmap, x, y));
          }
        }
        expect(transposed(other)).toEqual(mask);
      }),
    );
  });
});

describe("a part of a mask", () => {
  it("has the pixels that lie in it, wherever it lies", () => {
    const place = fc.integer({ min: -25, max: 25 });
    fc.assert(
      fc.property(masks, place, place, side, side, (mask, x, y, width, height) => {
        const part = cutMask(mask, { x, y, width, height });
        checkRuns(part);
        const whole = rleToBitmap(mask);
        const expected = Uint8Array.from(
          { length: width * height },
          (_, at) => pixelAt(mask, whole, x + (at % width), y + Math.floor(at / width)) ?? 0,
        );
        expect(rleToBitmap(part)).toEqual(expected);
      }),
    );
  });

  it("is put where it was", () => {
    const mask = bitmapToRle(Uint8Array.from([0, 0, 0, 0, 0, 1, 0, 1, 1, 0, 0, 0]), 4, 3);
    expect(placeMask(cutMask(mask, { x: 0, y: 1, width: 2, height: 2 }), 0, 1, 4, 3)).toEqual(
      bitmapToRle(Uint8Array.from([0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0]), 4, 3),
    );
  });
});
