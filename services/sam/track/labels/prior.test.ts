import { expect, it } from "vitest";
import { frameFor } from "../../frame.js";
import { Nearest } from "./nearest.js";
import { carriedLabels, onMaskGrid, toOneEach } from "./prior.js";

it("carries labels from what a cell is like, the more alike the more", () => {
  const grid = { columns: 2, rows: 1 };
  const nearest = new Nearest(grid, Uint32Array.of(0, 1));
  // The first cell is alike to the first alone, the second to both by a small difference.
  nearest.look(Float32Array.of(1, -9, 0.84, 0.9), { top: 0, bottom: 1 }, 0, 2);
  const [first, second] = carriedLabels(nearest, Float32Array.of(1, 0), 2);
  expect(first).toBeCloseTo(1);
  expect(second).toBeCloseTo(Math.exp(-1) / (1 + Math.exp(-1)));
  expect([...carriedLabels(new Nearest(grid, new Uint32Array()), new Float32Array(2), 2)]).toEqual([0, 0]);
});

it("lays cells on the part of the mask grid that holds the picture", () => {
  // 32 x 16 of the grid's 32 x 32; cells of eight.
  const frame = frameFor(200, 100, { modelSize: 128, gridSize: 32 });
  const spread = onMaskGrid(Float32Array.of(0, 0, 1, 0, 0, 0, 1, 0), { columns: 4, rows: 2 }, frame);
  const at = (x: number, y: number) => spread[y * 32 + x];
  expect([at(19, 0), at(20, 15)]).toEqual([0.9375, 0.9375]);
  expect([at(4, 3), at(31, 3), at(19, 16)]).toEqual([0, 0, 0]);
  expect(at(15, 5)).toBeCloseTo(0.4375);
});

it("gives each place to the object that has most of it", () => {
  const priors = [Float32Array.of(0.9, 0.2, 0.5), Float32Array.of(0.8, 0.3, 0.5)];
  toOneEach(priors);
  expect(priors.map((prior) => [...prior].map((share) => Math.round(10 * share)))).toEqual([
    [9, 0, 5],
    [0, 3, 0],
  ]);
});
