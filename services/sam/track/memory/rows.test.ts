import { expect, it } from "vitest";
import { maskRows, pointerRows } from "./rows.js";

it("has masks one after the other, each row with where and when it is", () => {
  const temporal = Float32Array.from({ length: 14 }, (_, at) => 10 * Math.floor(at / 2) + (at % 2));
  const masks = [
    { values: Float32Array.of(1, 2, 3, 4), encoding: 6 },
    { values: Float32Array.of(5, 6, 7, 8), encoding: 0 },
  ];
  const { values, positions } = maskRows(masks, Float32Array.of(0.25, 0.5, 0.75, 1), { temporal }, 2);
  expect([...values]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect([...positions]).toEqual([60.25, 61.5, 60.75, 62, 0.25, 1.5, 0.75, 2]);
});

it("has each pointer in rows of the memory's width, of one time, or of none where the model has no such encoding", () => {
  const pointers = [
    { values: Float32Array.of(1, 2, 3, 4), distance: 15 },
    { values: Float32Array.of(5, 6, 7, 8), distance: -15 },
  ];
  // Of four numbers of an encoding the first, a sine, and the third, a cosine.
  const pointerTime = { weight: Float32Array.of(1, 0, 0, 0, 0, 0, 1, 0), bias: Float32Array.of(0, 0) };
  const { values, positions } = pointerRows(pointers, { pointerTime }, 2);
  expect([...values]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  const wanted = [1, 1, -1, -1].flatMap((way) => [way * Math.sin(1), Math.cos(1)]);
  for (const [at, value] of wanted.entries()) expect(positions[at]).toBeCloseTo(value, 5);
  expect([...pointerRows(pointers, {}, 2).positions]).toEqual(Array(8).fill(0));
});
