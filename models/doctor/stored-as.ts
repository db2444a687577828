import type { Drawing } from "./known-scene.js";

/** Where the pixel of the upright picture is that a file of an orientation (EXIF 2.3, 1 to 8) has at x and y. */
const sources: Record<number, (x: number, y: number, right: number, bottom: number) => [x: number, y: number]> = {
  1: (x, y) => [x, y],
  2: (x, y, right) => [right - x, y],
  3: (x, y, right, bottom) => [right - x, bottom - y],
  4: (x, y, _right, bottom) => [x, bottom - y],
  5: (x, y) => [y, x],
  6: (x, y, right) => [right - y, x],
  7: (x, y, right, bottom) => [right - y, bottom - x],
  8: (x, y, _right, bottom) => [y, bottom - x],
};

/** The pixels that a file of that orientation holds, so that it shows the drawing upright. */
export function storedAs({ width, height, data }: Drawing, orientation: number): Drawing {
  const source = sources[orientation];
  if (!source) throw new RangeError(`There is no orientation ${orientation}.`);
  const isTurned = orientation >= 5;
  const stored = {
    width: isTurned ? height : width,
    height: isTurned ? width : height,
    data: new Uint8Array(data.length),
  };
  for (let y = 0, to = 0; y < stored.height; y++) {
    for (let x = 0; x < stored.width; x++, to += 3) {
      const [fromX, fromY] = source(x, y, width - 1, height - 1);
      const from = 3 * (fromY * width + fromX);
      stored.data.set(data.subarray(from, from + 3), to);
    }
  }
  return stored;
}
