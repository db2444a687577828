import { expect, it } from "vitest";
import { comparable, principalAxes } from "./axes.js";
import { plainProduct } from "./testing/plain-product.js";

/** Cells that differ most along (3, 4, 0, 0), less along (0, 0, 1, 0), and not at all along the last channel. */
const strides = [-2, -1, 0, 1, 2].flatMap((far) => [-1, 1].map((aside) => [far, aside] as const));
const tokens = {
  columns: 10,
  rows: 1,
  channels: 4,
  values: Float32Array.from(strides.flatMap(([far, aside]) => [1 + 3 * far, 2 + 4 * far, 3 + aside, 9])),
};

it("finds the directions in which cells differ, those in which they differ most first", async () => {
  const { means, directions, count } = await principalAxes(tokens, plainProduct, 2);
  expect(count).toBe(2);
  expect([...means]).toEqual([1, 2, 3, 9]);
  const [far, aside] = [directions.subarray(0, 4), directions.subarray(4, 8)];
  for (const [at, part] of [0.6, 0.8, 0, 0].entries()) expect(Math.abs(far[at]!)).toBeCloseTo(part, 3);
  for (const [at, part] of [0, 0, 1, 0].entries()) expect(Math.abs(aside[at]!)).toBeCloseTo(part, 3);
});

it("has no more of them than there are channels", async () => {
  expect((await principalAxes(tokens, plainProduct)).count).toBe(4);
});

it("compares cells along them", async () => {
  const cells = await comparable(tokens, await principalAxes(tokens, plainProduct, 2), plainProduct);
  const cosine = (a: number, b: number) => cells[2 * a]! * cells[2 * b]! + cells[2 * a + 1]! * cells[2 * b + 1]!;
  expect(cosine(0, 0)).toBeCloseTo(1);
  expect(cosine(0, 2)).toBeGreaterThan(0.99);
  expect(cosine(0, 8)).toBeLessThan(-0.9);
});
