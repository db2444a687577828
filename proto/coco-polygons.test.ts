import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isExactly, polygonsToRle } from "./coco-polygons.js";
import { checkRuns, decodeRle, encodeCounts, encodeRle } from "./rle.js";
import { bitmapToRle, rleToBitmap } from "./rle-bitmap.js";
import { pixelRings } from "./rle-rings.js";

// What pycocotools 2.0 makes of these in a picture of 8 x 6.
const known: [name: string, polygons: number[][], counts: string][] = [
  ["rectangle", [[1, 1, 4, 1, 4, 3, 1, 3]], "724000g0"],
  ["triangle", [[0, 0, 6, 0, 0, 5]], "051O1O1O1Oc0"],
  ["concave", [[1, 0, 7, 0, 7, 5, 4, 2, 1, 5]], "642O1O1001O15"],
  ["beyond the picture", [[-2, -2, 5, -2, 5, 9, -2, 9]], "0n0b0"],
  ["fractions", [[1.3, 0.6, 6.7, 1.2, 5.1, 4.9, 0.4, 3.3]], "73300001OO1N7"],
  ["bow", [[0, 0, 6, 5, 6, 0, 0, 5]], "052N2N10O2N2;"],
  ["narrower than a pixel", [[1, 1, 6, 1, 6, 1.4, 1, 1.4]], "`1"],
  [
    "two",
    [
      [0, 0, 2, 0, 2, 2, 0, 2],
      [4, 3, 7, 3, 7, 5, 4, 5],
    ],
    "0240?0A0003",
  ],
];

describe("COCO's rule for polygons", () => {
  it.each(known)("is known: %s", (_name, polygons, counts) => {
    const mask = decodeRle({ size: [6, 8], counts });
    expect(encodeRle(polygonsToRle(polygons, 8, 6))).toEqual({ size: [6, 8], counts });
    expect(isExactly(polygons, mask)).toBe(true);
    const bitmap = rleToBitmap(mask);
    bitmap[20] = 1 - bitmap[20]!;
    expect(isExactly(polygons, bitmapToRle(bitmap, 8, 6))).toBe(false);
  });

  const overlapping = [
    [0, 0, 4, 0, 4, 4, 0, 4],
    [2, 2, 6, 2, 6, 5, 2, 5],
  ];
  const inBoth = (isIn: (first: boolean, second: boolean) => boolean) => {
    const pixels = Uint8Array.from({ length: 48 }, (_, at) => {
      const [x, y] = [at % 8, Math.floor(at / 8)];
      return Number(isIn(x < 4 && y < 4, x >= 2 && x < 6 && y >= 2 && y < 5));
    });
    return bitmapToRle(pixels, 8, 6);
  };

  it("counts no pixel of two polygons twice", () => {
    const odd = inBoth((first, second) => first !== second);
    expect(isExactly(overlapping, odd)).toBe(false);
    expect(polygonsToRle(overlapping, 8, 6)).toEqual(inBoth((first, second) => first || second));
  });

  it("makes of any polygons a mask, each pixel in it that is in one of them", () => {
    const polygon = fc.array(fc.double({ min: -20, max: 40, noNaN: true }), { minLength: 6, maxLength: 20 });
    const even = polygon.map((numbers) => numbers.slice(0, 2 * Math.floor(numbers.length / 2)));
    fc.assert(
      fc.property(fc.array(even, { maxLength: 4 }), fc.integer({ min: 1, max: 30 }), (polygons, side) => {
        const mask = polygonsToRle(polygons, side, 20);
        checkRuns(mask);
        expect(encodeCounts(decodeRle(encodeRle(mask)).runs)).toBe(encodeCounts(mask.runs));
        const alone = polygons.map((one) => rleToBitmap(polygonsToRle([one], side, 20)));
        expect([...rleToBitmap(mask)]).toEqual(
          Array.from({ length: side * 20 }, (_, at) => Number(alone.some((bitmap) => bitmap[at] === 1))),
        );
      }),
    );
  });

  it("crosses a column where the boundary's points do, one after the other", () => {
    const fifths = fc.integer({ min: -30, max: 130 }).map((number) => number / 5);
    const polygon = fc.array(fifths, { minLength: 6, maxLength: 14 }).filter(({ length }) => length % 2 === 0);
    fc.assert(
      fc.property(polygon, (points) => {
        expect(rleToBitmap(polygonsToRle([points], 20, 20))).toEqual(walked(points, 20));
      }),
      { numRuns: 500 },
    );
  });

  it("makes the mask again of the rings along its pixels, where it has no holes", () => {
    const disc = Uint8Array.from({ length: 900 }, (_, at) => Number(Math.hypot((at % 30) - 15, at / 30 - 15) < 9));
    const mask = bitmapToRle(disc, 30, 30);
    expect(polygonsToRle(pixelRings(mask), 30, 30)).toEqual(mask);
  });

  it.each([
    ["four numbers, which are a box's", [[1, 1, 4, 4]], "this one has 4"],
    ["an odd count", [[1, 1, 4, 4, 2, 3, 1]], "this one has 7"],
    ["what is no number", [[1, 1, 4, Number.NaN, 2, 3]], "no number"],
    ["what reaches to the end of the world", [[0, 0, 1e12, 0, 0, 5]], "much too far"],
  ])("refuses %s", (_name, polygons, sentence) => {
    expect(() => polygonsToRle(polygons, 8, 6)).toThrow(sentence);
  });
});

/** The boundary point by point, in fifths of a pixel: what is left of a crossed middle and below it changes. */
function walked(polygon: readonly number[], side: number): Uint8Array {
  const bitmap = new Uint8Array(side * side);
  const at = (i: number) => Math.trunc(5 * polygon[i % polygon.length]! + 0.5);
  let [beforeX, beforeY] = [Number.NaN, Number.NaN];
  const visit = (x: number, y: number) => {
    const column = (Math.min(x, beforeX) + 0.5) / 5 - 0.5;
    if (x !== beforeX && Number.isInteger(column) && column >= 0 && column < side) {
      const top = Math.ceil(Math.max(0, (Math.min(y, beforeY) + 0.5) / 5 - 0.5));
      for (let row = top; row < side; row++) bitmap[row * side + column] = 1 - bitmap[row * side + column]!;
    }
    [beforeX, beforeY] = [x, y];
  };
  for (let i = 0; i < polygon.length; i += 2) {
    const [fromX, fromY, toX, toY] = [at(i), at(i + 1), at(i + 2), at(i + 3)];
    const [across, down] = [toX - fromX, toY - fromY];
    const isFlat = Math.abs(across) >= Math.abs(down);
    const steps = Math.max(Math.abs(across), Math.abs(down));
    // Always from the left, or from above, so that there and back is one way.
    const isBackwards = isFlat ? across < 0 : down < 0;
    const [startX, startY] = isBackwards ? [toX, toY] : [fromX, fromY];
    const slope = steps === 0 ? 0 : isFlat ? down / across : across / down;
    for (let step = 0; step <= steps; step++) {
      const t = isBackwards ? steps - step : step;
      if (isFlat) visit(startX + t, Math.trunc(startY + slope * t + 0.5));
      else visit(Math.trunc(startX + slope * t + 0.5), startY + t);
    }
  }
  return bitmap;
}
