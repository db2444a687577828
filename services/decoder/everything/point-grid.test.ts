import { expect, it } from "vitest";
import { pointGrid } from "./point-grid.js";

it("places points half a step from the edges, row by row", () => {
  expect(pointGrid(2, { width: 100, height: 40 }).points).toEqual([
    { column: 0, row: 0, x: 25, y: 10 },
    { column: 1, row: 0, x: 75, y: 10 },
    { column: 0, row: 1, x: 25, y: 30 },
    { column: 1, row: 1, x: 75, y: 30 },
  ]);
  expect(pointGrid(1, { width: 3, height: 5 }).points).toEqual([{ column: 0, row: 0, x: 1.5, y: 2.5 }]);
});

it("keeps every point inside the picture, and no two in one place", () => {
  const size = { width: 641, height: 47 };
  const { points } = pointGrid(32, size);
  expect(points).toHaveLength(1024);
  for (const { x, y } of points) {
    expect(x).toBeGreaterThan(0);
    expect(x).toBeLessThan(size.width);
    expect(y).toBeGreaterThan(0);
    expect(y).toBeLessThan(size.height);
  }
  expect(new Set(points.map(({ x, y }) => `${x},${y}`)).size).toBe(1024);
});

it.each([
  [1, 1],
  [1, 8],
  [641, 7],
  [31, 32],
])("has one point a pixel at most, %d x %d", (width, height) => {
  const { columns, rows, points } = pointGrid(32, { width, height });
  expect([columns, rows]).toEqual([Math.min(32, width), Math.min(32, height)]);
  expect(new Set(points.map(({ x, y }) => `${Math.floor(x)},${Math.floor(y)}`)).size).toBe(columns * rows);
});
