import { expect, it } from "vitest";
import { contourScore, regionScore } from "./davis-scores.js";

const size = { width: 854, height: 480 };
const box = (x: number, y: number, width: number, height: number) =>
  Uint8Array.from({ length: size.width * size.height }, (_, at) => {
    const [column, row] = [at % size.width, Math.floor(at / size.width)];
    return column >= x && column < x + width && row >= y && row < y + height ? 1 : 0;
  });
const nothing = new Uint8Array(size.width * size.height);

it("reckons J as the IoU, and takes two empty masks for right", () => {
  expect(regionScore(box(0, 0, 100, 100), box(50, 0, 100, 100))).toBeCloseTo(1 / 3);
  expect(regionScore(nothing, nothing)).toBe(1);
  expect(regionScore(box(0, 0, 2, 2), nothing)).toBe(0);
});

it("reckons F by boundaries that lie within 0.8 % of the diagonal, 8 pixels at 480p", () => {
  const truth = box(100, 100, 200, 200);
  expect(contourScore(box(108, 100, 200, 200), truth, size)).toBe(1);
  // Left and right are off, above and below are not but for the ends.
  expect(contourScore(box(112, 100, 200, 200), truth, size)).toBeCloseTo(0.5, 1);
  expect(contourScore(box(400, 100, 200, 200), truth, size)).toBe(0);
  expect(contourScore(nothing, nothing, size)).toBe(1);
  expect(contourScore(nothing, truth, size)).toBe(0);
});
