import { decodeBinary, encodeBinary } from "@thi.ng/rle-pack";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeLabelStudioRle, encodeLabelStudioRle } from "./label-studio-rle.js";
import { bitmapToRle, rleToBitmap } from "./rle-bitmap.js";

/** From a row of bits, written in groups as the format's parts are. */
const numbersOf = (...groups: string[]) => {
  const bits = groups.join("");
  return (bits.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, "0"), 2));
};
const bits = (value: number, count: number) => value.toString(2).padStart(count, "0");
const head = (values: number) => [bits(values, 32), bits(7, 5), bits(2, 4), bits(3, 4), bits(7, 4), bits(15, 4)];
const mask = (pixels: number[], width: number) => bitmapToRle(Uint8Array.from(pixels), width, pixels.length / width);

describe("a brush of Label Studio", () => {
  it("is written by hand's bits: runs of RGBA values, row by row", () => {
    const written = encodeLabelStudioRle(mask([0, 1, 1, 0, 0, 0], 3));
    const run = (kind: number, lengthBits: number, length: number, value: number) =>
      `1${bits(kind, 2)}${bits(length - 1, lengthBits)}${bits(value, 8)}`;
    expect(written).toEqual(numbersOf(...head(24), run(0, 3, 4, 0), run(0, 3, 8, 255), run(1, 4, 12, 0)));
  });

  it("may hold values one by one, other sizes of lengths, and soft edges", () => {
    const single = [0, 0, 0, 127, 9, 9, 9, 128].map((value) => bits(value, 8)).join("");
    const other = [bits(8, 32), bits(7, 5), bits(0, 4), bits(3, 4), bits(5, 4), bits(9, 4)];
    const read = decodeLabelStudioRle(numbersOf(...other, `0${bits(1, 2)}${bits(7, 4)}`, single), 2, 1);
    expect([...rleToBitmap(read)]).toEqual([0, 1]);
  });

  it("counts the opacity only, wherever a run of values begins and ends", () => {
    const run = (length: number, value: number) => `100${bits(length - 1, 3)}${bits(value, 8)}`;
    // The first pixel's colour, its opacity with the second's colour, and the rest.
    const read = decodeLabelStudioRle(numbersOf(...head(12), run(3, 255), run(4, 0), run(5, 255)), 3, 1);
    expect([...rleToBitmap(read)]).toEqual([0, 1, 1]);
  });

  it("gives every mask back", () => {
    const bitmaps = fc
      .record({ width: fc.integer({ min: 1, max: 40 }), height: fc.integer({ min: 1, max: 40 }) })
      .chain(({ width, height }) =>
        fc.record({
          width: fc.constant(width),
          pixels: fc.array(fc.integer({ min: 0, max: 1 }), {
            minLength: width * height,
            maxLength: width * height,
          }),
        }),
      );
    fc.assert(
      fc.property(bitmaps, ({ width, pixels }) => {
        const one = mask(pixels, width);
        expect(decodeLabelStudioRle(encodeLabelStudioRle(one), one.width, one.height)).toEqual(one);
      }),
    );
    const large = mask(new Array(300 * 400).fill(1), 300);
    expect(decodeLabelStudioRle(encodeLabelStudioRle(large), 300, 400)).toEqual(large);
  });

  it("is what the page's own encoder writes, bit for bit, and its decoder reads", () => {
    const masks = fc
      .record({
        width: fc.integer({ min: 1, max: 300 }),
        height: fc.integer({ min: 1, max: 300 }),
        lengths: fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 40_000 })), {
          maxLength: 60,
        }),
      })
      .map(({ width, height, lengths }) => {
        const bitmap = new Uint8Array(width * height);
        let at = 0;
        for (const [index, length] of lengths.entries()) {
          if (index % 2 === 1) bitmap.fill(1, at, at + length);
          at += length;
        }
        return { bitmap, width, height };
      });
    fc.assert(
      fc.property(masks, ({ bitmap, width, height }) => {
        const rgba = Uint8Array.from({ length: 4 * bitmap.length }, (_, i) => 255 * bitmap[i >> 2]!);
        const written = encodeLabelStudioRle(bitmapToRle(bitmap, width, height));
        expect(written).toEqual([...encodeBinary(rgba, rgba.length)]);
        expect(bitmapToRle(Uint8Array.from(decodeBinary(Uint8Array.from(written))), 4 * width, height)).toEqual(
          bitmapToRle(rgba, 4 * width, height),
        );
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ["another size", encodeLabelStudioRle(mask([1, 0], 2)), 3, "has 8 values, but a picture of 3 x 1 has 12"],
    ["too few numbers", numbersOf(...head(8)), 2, "end before the picture"],
    ["no numbers", [], 2, "end before the picture"],
    ["what is no byte", [256], 2, "from 0 to 255"],
    ["too long a run", numbersOf(...head(4), `101${bits(15, 4)}`), 1, "ends after the picture"],
  ])("refuses %s in a sentence", (_name, numbers, width, sentence) => {
    expect(() => decodeLabelStudioRle(numbers, width, 1)).toThrow(sentence);
    expect(() => decodeLabelStudioRle(numbers, width, 1)).toThrow(RangeError);
  });
});
