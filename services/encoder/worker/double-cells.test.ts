import { expect, it } from "vitest";
import { doubleCells } from "./double-cells.js";

it("goes from centre to centre in both directions, and stays what it is beyond the outermost", () => {
  const from = { rows: 2, columns: 2 };
  const doubled = doubleCells(Float32Array.of(0, 4, 8, 12), from, { rows: 4, columns: 4 });
  // PyTorch's interpolate of [[0, 4], [8, 12]] by 2.
  expect([...doubled]).toEqual([0, 1, 3, 4, 2, 3, 5, 6, 6, 7, 9, 10, 8, 9, 11, 12]);
});

it("gives of each channel as many cells as are wanted", () => {
  const doubled = doubleCells(Float32Array.of(0, 4, 1, 5), { rows: 1, columns: 2 }, { rows: 1, columns: 3 });
  expect([...doubled]).toEqual([0, 1, 3, 1, 2, 4]);
});

it("keeps a slope a slope", () => {
  const slope = Float32Array.from({ length: 8 }, (_, column) => column);
  const doubled = doubleCells(slope, { rows: 1, columns: 8 }, { rows: 2, columns: 16 });
  for (let column = 1; column < 15; column++) expect(doubled[column]).toBeCloseTo((column + 0.5) / 2 - 0.5, 6);
});
