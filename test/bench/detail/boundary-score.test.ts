import { expect, it } from "vitest";
import { boundaryScore } from "./boundary-score.js";

const [width, height] = [40, 30];
const rectangle = (x0: number, y0: number, x1: number, y1: number) =>
  Uint8Array.from({ length: width * height }, (_, at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    return x >= x0 && x < x1 && y >= y0 && y < y1 ? 1 : 0;
  });
const score = (mask: Uint8Array, truth: Uint8Array) => boundaryScore(mask, truth, width, height);
const square = rectangle(10, 5, 30, 25);
const nothing = new Uint8Array(width * height);

it("is 1 where no boundary lies more than two pixels from the other's, and less beyond", () => {
  expect(score(square, square)).toBe(1);
  expect(score(rectangle(11, 6, 29, 24), square)).toBe(1);
  expect(score(rectangle(8, 5, 28, 25), square)).toBe(1);
  expect(score(rectangle(13, 8, 27, 22), square)).toBe(0);
});

it("is the harmonic mean of what of either boundary is near the other's", () => {
  // The right edge's 14 pixels of 76 that are out of reach of the square's, and the square's 16 of the other's.
  const wider = rectangle(10, 5, 34, 25);
  const [precision, recall] = [64 / 84, 58 / 76];
  expect(score(wider, square)).toBeCloseTo((2 * precision * recall) / (precision + recall), 1);
  expect(score(wider, square)).toBeLessThan(0.85);
});

it("is 0 where one mask is empty or lies elsewhere, 1 where both are empty; a picture's edge is one of its masks", () => {
  expect([score(nothing, square), score(square, nothing), score(nothing, nothing)]).toEqual([0, 0, 1]);
  expect(score(rectangle(0, 0, 4, 4), square)).toBe(0);
  const all = rectangle(0, 0, width, height);
  expect(score(all, all)).toBe(1);
});
