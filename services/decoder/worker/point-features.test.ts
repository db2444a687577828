import { expect, it } from "vitest";
import { frameFor } from "../../sam/frame.js";
import { normal, uniform } from "../rewrite/parity-prompts.js";
import { pointFeatures } from "./point-features.js";

const side = 64;
const channels = 5;
const embedding = normal(channels * side * side, 1, uniform(17));

/** One channel at a place of the grid of cells, where a cell's value lies in its middle; edges go on outside. */
function bilinear(channel: number, column: number, row: number): number {
  const value = (c: number, r: number) => {
    const clamp = (at: number) => Math.min(Math.max(at, 0), side - 1);
    return embedding[(channel * side + clamp(r)) * side + clamp(c)] as number;
  };
  const [x, y] = [column - 0.5, row - 0.5];
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [right, below] = [x - left, y - top];
  return (
    (value(left, top) * (1 - right) + value(left + 1, top) * right) * (1 - below) +
    (value(left, top + 1) * (1 - right) + value(left + 1, top + 1) * right) * below
  );
}

it.each([
  [1500, 1000],
  [300, 900],
  [1024, 1024],
])("is the embedding between its cells, at length 1, for %i x %i", (width, height) => {
  const frame = frameFor(width, height);
  const random = uniform(23);
  const points = Array.from({ length: 40 }, () => ({ x: random() * width, y: random() * height }));
  points.push({ x: 0, y: 0 }, { x: width, y: height }, { x: width, y: 0 });
  const features = pointFeatures({ values: embedding, side }, frame, points);
  expect(features).toHaveLength(points.length * channels);
  const cell = 1024 / side;
  for (const [index, { x, y }] of points.entries()) {
    // Letterbox: one factor for both, but for the rounding of the shorter side.
    const column = (x * frame.contentWidth) / width / cell;
    const row = (y * frame.contentHeight) / height / cell;
    const vector = Array.from({ length: channels }, (_, channel) => bilinear(channel, column, row));
    const length = Math.hypot(...vector);
    for (const [channel, value] of vector.entries()) {
      expect(features[index * channels + channel]).toBeCloseTo(value / length, 4);
    }
    expect(Math.hypot(...features.subarray(index * channels, (index + 1) * channels))).toBeCloseTo(1, 5);
  }
});

it("gives no direction to nothing", () => {
  const nothing = pointFeatures({ values: new Float32Array(2 * side * side), side }, frameFor(100, 100), [
    { x: 50, y: 50 },
  ]);
  expect([...nothing]).toEqual([0, 0]);
});
