import { describe, expect, it } from "vitest";
import {
  bitmapToRle,
  checkRuns,
  decodeCounts,
  decodeRle,
  encodeCounts,
  encodeRle,
  MAX_MASK_PIXELS,
  type MaskRuns,
  RunsBuilder,
  rleArea,
  rleBoundingBox,
  rleIou,
  rleToBitmap,
} from "./index.js";
import { randomNumbers } from "./testing/random-numbers.js";

/** Made with pycocotools: encode, area and toBbox of small masks, and the runs counted by hand or by a plain loop. */
const vectors: { name: string; size: [number, number]; counts: string; runs: number[]; area: number; box: number[] }[] =
  [
    { name: "empty", size: [3, 4], counts: "<", runs: [12], area: 0, box: [0, 0, 0, 0] },
    { name: "full", size: [3, 4], counts: "0<", runs: [0, 12], area: 12, box: [0, 0, 4, 3] },
    { name: "one pixel, set", size: [1, 1], counts: "01", runs: [0, 1], area: 1, box: [0, 0, 1, 1] },
    { name: "one pixel, clear", size: [1, 1], counts: "1", runs: [1], area: 0, box: [0, 0, 0, 0] },
    { name: "rectangle", size: [4, 5], counts: "5220003", runs: [5, 2, 2, 2, 2, 2, 5], area: 6, box: [1, 1, 3, 2] },
    { name: "first pixel", size: [4, 5], counts: "01c0", runs: [0, 1, 19], area: 1, box: [0, 0, 1, 1] },
    { name: "last pixel", size: [4, 5], counts: "c01", runs: [19, 1], area: 1, box: [4, 3, 1, 1] },
    { name: "across two columns", size: [4, 5], counts: "64:", runs: [6, 4, 10], area: 4, box: [1, 0, 2, 4] },
    {
      name: "checkerboard",
      size: [3, 5],
      counts: "111000000000000",
      runs: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
      area: 7,
      box: [0, 0, 5, 3],
    },
    {
      name: "negative differences",
      size: [20, 6],
      counts: "2`07D4`08^O:O\\O",
      runs: [2, 16, 7, 4, 11, 20, 19, 2, 29, 1, 9],
      area: 43,
      box: [0, 0, 6, 20],
    },
    {
      name: "disc",
      size: [37, 23],
      counts: "m39k02N2N2N2O0000000000000001N2N2N2NR3",
      runs: [
        125, 9, 27, 11, 25, 13, 23, 15, 21, 17, 20, 17, 20, 17, 20, 17, 20, 17, 20, 17, 20, 17, 20, 17, 20, 17, 21, 15,
        23, 13, 25, 11, 27, 9, 125,
      ],
      area: 249,
      box: [3, 10, 17, 17],
    },
    {
      name: "one column of 12 megapixels",
      size: [3000, 4000],
      counts: "P\\Sg5hm2X^Pg5",
      runs: [6000000, 3000, 5997000],
      area: 3000,
      box: [2000, 0, 1, 3000],
    },
    {
      name: "last of 12 megapixels",
      size: [3000, 4000],
      counts: "ogV^;1",
      runs: [11999999, 1],
      area: 1,
      box: [3999, 2999, 1, 1],
    },
  ];

/** Random pixels with a given share of foreground, row-major. */
function noise(width: number, height: number, share: number, next: () => number): Uint8Array {
  return Uint8Array.from({ length: width * height }, () => (next() < share ? 1 : 0));
}

/** The runs by walking the columns pixel by pixel. */
function plainRuns(bitmap: Uint8Array, width: number, height: number): number[] {
  const runs: number[] = [];
  let value = 0;
  let count = 0;
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      if (bitmap[y * width + x] !== value) {
        runs.push(count);
        count = 0;
        value = 1 - value;
      }
      count++;
    }
  }
  runs.push(count);
  return runs;
}

function maskOf(size: [number, number], runs: number[]): MaskRuns {
  return { height: size[0], width: size[1], runs: Uint32Array.from(runs) };
}

describe.each(vectors)("pycocotools' $name", ({ size, counts, runs, area, box }) => {
  const mask = maskOf(size, runs);

  it("encodes and decodes alike", () => {
    expect(encodeRle(mask)).toEqual({ size, counts });
    expect(decodeRle({ size, counts })).toEqual(mask);
  });

  it("has the same area and box", () => {
    expect(rleArea(mask)).toBe(area);
    expect(Object.values(rleBoundingBox(mask))).toEqual(box);
  });

  it("survives the bitmap", () => {
    expect(bitmapToRle(rleToBitmap(mask), mask.width, mask.height)).toEqual(mask);
  });
});

it("round trips random masks, as bitmap, runs and counts", () => {
  const next = randomNumbers(1);
  for (let round = 0; round < 200; round++) {
    const width = 1 + Math.floor(next() * 40);
    const height = 1 + Math.floor(next() * 40);
    const bitmap = noise(width, height, next(), next);
    const mask = bitmapToRle(bitmap, width, height);
    expect(Array.from(mask.runs)).toEqual(plainRuns(bitmap, width, height));
    expect(rleToBitmap(mask)).toEqual(bitmap);
    expect(decodeRle(encodeRle(mask))).toEqual(mask);

    const xs: number[] = [];
    const ys: number[] = [];
    bitmap.forEach((value, at) => {
      if (value === 1) {
        xs.push(at % width);
        ys.push(Math.floor(at / width));
      }
    });
    expect(rleArea(mask)).toBe(xs.length);
    if (xs.length === 0) continue;
    const x = Math.min(...xs);
    const y = Math.min(...ys);
    expect(rleBoundingBox(mask)).toEqual({ x, y, width: Math.max(...xs) - x + 1, height: Math.max(...ys) - y + 1 });
  }
});

it("round trips runs of every length up to the limit", () => {
  const runs = Uint32Array.of(0, MAX_MASK_PIXELS, 0, 0, MAX_MASK_PIXELS, MAX_MASK_PIXELS, 15, 16, 31, 32, 1023, 1024);
  expect(decodeCounts(encodeCounts(runs))).toEqual(runs);
  expect(() => encodeCounts(Uint32Array.of(MAX_MASK_PIXELS + 1))).toThrow(RangeError);
});

it("round trips more runs than one call of fromCharCode takes", () => {
  const bitmap = noise(300, 200, 0.5, randomNumbers(2));
  const mask = bitmapToRle(bitmap, 300, 200);
  expect(mask.runs.length).toBeGreaterThan(20_000);
  expect(decodeRle(encodeRle(mask))).toEqual(mask);
});

it("takes any value but 0 as foreground", () => {
  expect(bitmapToRle(Uint8Array.of(0, 255, 7, 1), 1, 4).runs).toEqual(Uint32Array.of(1, 3));
});

it("accepts runs of 0 in the middle, as other encoders write them", () => {
  const mask = maskOf([2, 3], [1, 0, 1, 2, 0, 1, 1]);
  expect(Array.from(rleToBitmap(mask))).toEqual([0, 1, 1, 0, 1, 0]);
  expect(rleBoundingBox(mask)).toEqual({ x: 1, y: 0, width: 2, height: 2 });
  expect(rleIou(mask, maskOf([2, 3], [2, 3, 1]))).toBe(1);
});

describe("rleIou", () => {
  it("matches pycocotools", () => {
    const rectangle = decodeRle({ size: [37, 23], counts: "d3?f0000000000000000000000S9" });
    const disc = decodeRle({ size: [37, 23], counts: "m39k02N2N2N2O0000000000000001N2N2N2NR3" });
    expect(rleIou(rectangle, disc)).toBeCloseTo(0.34482759, 8);
  });

  it("matches a count of pixels on random masks", () => {
    const next = randomNumbers(3);
    for (let round = 0; round < 50; round++) {
      const a = noise(17, 23, next(), next);
      const b = noise(17, 23, next(), next);
      const both = a.reduce((sum, value, at) => sum + (value & b[at]!), 0);
      const either = a.reduce((sum, value, at) => sum + (value | b[at]!), 0);
      expect(rleIou(bitmapToRle(a, 17, 23), bitmapToRle(b, 17, 23))).toBe(either === 0 ? 0 : both / either);
    }
  });

  it("is 0 for two empty masks and refuses two sizes", () => {
    expect(rleIou(maskOf([2, 2], [4]), maskOf([2, 2], [4]))).toBe(0);
    expect(() => rleIou(maskOf([2, 2], [4]), maskOf([1, 4], [4]))).toThrow(RangeError);
  });
});

describe("what a client may send wrongly", () => {
  it.each([
    ["an unfinished number", [3, 4], "l"],
    ["a number without end", [3, 4], "PPPPPPPPPPPPPPPP0"],
    ["seven characters for one number", [3, 4], "PPPPPP0"],
    ["a character below the range", [3, 4], "/"],
    ["a character above the range", [3, 4], "p"],
    ["a character outside ASCII", [3, 4], "1é"],
    ["a negative run", [3, 4], "O"],
    ["a negative run by difference", [3, 4], "111N"],
    ["too few pixels", [3, 4], "5"],
    ["too many pixels", [3, 4], "=0"],
    ["no counts", [3, 4], ""],
    ["no size", [], "<"],
    ["one side", [12], "<"],
    ["three sides", [3, 4, 1], "<"],
    ["a side of 0", [0, 4], ""],
    ["a negative side", [-3, -4], "<"],
    ["half a pixel", [1.5, 8], "<"],
    ["not a number", [Number.NaN, 4], "<"],
    ["an absurd size", [2 ** 31, 2 ** 31], "<"],
  ])("%s", (_what, size, counts) => {
    expect(() => decodeRle({ size, counts })).toThrow(RangeError);
    expect(() => decodeRle({ size, counts })).toThrow(/^The mask's [^\n]*\.$/);
  });

  it("a bitmap of another length", () => {
    expect(() => bitmapToRle(new Uint8Array(5), 2, 3)).toThrow(RangeError);
  });
});

it("joins spans that touch", () => {
  const builder = new RunsBuilder(1);
  builder.add(0, 2);
  builder.add(2, 5);
  for (let at = 10; at < 100; at += 2) builder.add(at, at + 1);
  const mask = { height: 10, width: 10, runs: builder.finish(100) };
  checkRuns(mask);
  expect(Array.from(mask.runs.slice(0, 4))).toEqual([0, 5, 5, 1]);
  expect(rleArea(mask)).toBe(50);
});

it("reads no further than a mask's pixels go", () => {
  const rle = { size: [2, 3], counts: `${encodeCounts(Uint32Array.of(3, 4))}${"~".repeat(1000)}` };
  expect(() => decodeRle(rle)).toThrow("The mask's runs go on after its 6 pixels.");
  expect(() => decodeCounts(rle.counts, 7)).toThrow("The mask's counts hold a character that RLE does not use.");
});
