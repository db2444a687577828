import { expect, it } from "vitest";
import { fillOutside } from "./fill-outside.js";

const empty = Float32Array.from({ length: 2 * 3 * 3 }, (_, index) => -index);

it("puts a picture's cells into the corner of an empty frame's, channel by channel", () => {
  const whole = fillOutside(Float32Array.of(1, 2, 3, 4), { rows: 1, columns: 2 }, empty, 3);
  expect([...whole]).toEqual([1, 2, -2, -3, -4, -5, -6, -7, -8, 3, 4, -11, -12, -13, -14, -15, -16, -17]);
  const tall = fillOutside(Float32Array.of(1, 2, 3, 4, 5, 6), { rows: 3, columns: 1 }, empty, 3);
  expect([...tall]).toEqual([1, -1, -2, 2, -4, -5, 3, -7, -8, 4, -10, -11, 5, -13, -14, 6, -16, -17]);
  expect(empty[0]).toBe(-0);
});

it("leaves what fills the frame", () => {
  const cells = Float32Array.from({ length: 18 }, (_, index) => index);
  expect(fillOutside(cells, { rows: 3, columns: 3 }, empty, 3)).toBe(cells);
});
