import { expect, it } from "vitest";
import { Nearest } from "./nearest.js";

const grid = { columns: 4, rows: 3 };
const cells = 12;
const all = Uint32Array.from({ length: cells }, (_, cell) => cell);
const whole = { top: 0, bottom: 3 };
/** How alike each cell is to each: the more, the higher the other one's number. */
const rising = Float32Array.from({ length: cells * cells }, (_, at) => (at % cells) / 100);

it("finds the cells most alike, the best first, over all frames", () => {
  const nearest = new Nearest(grid, all);
  nearest.look(rising, whole, 0, 12);
  nearest.look(
    Float32Array.from(rising, (likeness) => likeness + 0.005),
    whole,
    cells,
    Number.POSITIVE_INFINITY,
  );
  expect([...nearest.places.subarray(0, 7)]).toEqual([23, 11, 22, 10, 21, 9, 20]);
  expect(nearest.likeness[0]).toBeCloseTo(0.115);
});

it("looks no further than a thing may have moved", () => {
  const nearest = new Nearest(grid, all);
  nearest.look(rising, whole, 0, 1);
  const of = (cell: number) => [...nearest.places.subarray(7 * cell, 7 * cell + 7)];
  expect(of(0)).toEqual([5, 4, 1, 0, -1, -1, -1]);
  expect(of(6)).toEqual([11, 10, 9, 7, 6, 5, 3]);
});

it("looks for some of the cells, in the rows that were compared", () => {
  const nearest = new Nearest(grid, Uint32Array.of(1, 6));
  const band = Float32Array.from({ length: 2 * 8 }, (_, at) => (at % 8) / 100);
  nearest.look(band, { top: 1, bottom: 3 }, 100, 1);
  expect([...nearest.places]).toEqual([106, 105, 104, -1, -1, -1, -1, 111, 110, 109, 107, 106, 105, -1]);
});
