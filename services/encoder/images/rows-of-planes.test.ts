import { expect, it } from "vitest";
import { RowsOfPlanes } from "./rows-of-planes.js";

const scales = [2, 3, 5] as const;
const shifts = [-1, 0.5, 7] as const;

/** Bytes that begin so far from a word's beginning. */
function bytes(count: number, offset: number): Uint8Array {
  const data = new Uint8Array(new ArrayBuffer(offset + count), offset);
  for (let i = 0; i < count; i++) data[i] = (i * 89 + 17) % 256;
  return data;
}

// Rows of every remainder by four, with three bytes a pixel and with four, from the beginning of a word and not.
it.each(
  [1, 2, 3, 4, 5, 6, 7, 8, 13].flatMap((width) =>
    [3, 4].flatMap((channels) => [0, 1, 2].map((offset) => [width, channels, offset] as const)),
  ),
)("lays rows of %i pixels with %i channels that begin %i bytes into a word", (width, channels, offset) => {
  const [height, stride] = [5, width + 3];
  const data = bytes(width * height * channels, offset);
  const plane = () => new Float32Array(stride * height).fill(-99);
  const planes = { red: plane(), green: plane(), blue: plane() };
  const rows = new RowsOfPlanes({ data, channels }, planes, scales, shifts);
  for (let y = 0; y < height; y++) rows.write(y * width, y * stride, y * stride + width);
  for (const [channel, values] of [planes.red, planes.green, planes.blue].entries()) {
    const expected = Array.from(values, (_, at) => {
      const [y, x] = [Math.floor(at / stride), at % stride];
      if (x >= width) return -99;
      return data[(y * width + x) * channels + channel]! * scales[channel]! + shifts[channel]!;
    });
    expect(Array.from(values)).toEqual(expected);
  }
});
