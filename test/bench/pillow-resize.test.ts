import { expect, it } from "vitest";
import { pillowResize } from "./pillow-resize.js";

it("keeps what has the right size already", () => {
  const pixels = Uint8Array.from({ length: 24 }, (_, i) => i * 10);
  expect(pillowResize(pixels, 3, [4, 2], [4, 2])).toEqual(pixels);
});

it("halves with a triangle two pixels wide to each side", () => {
  // Weights 3/8, 3/8 and 1/8 at the edge: of 0.75, 0.75, 0.25 without the neighbour that is missing.
  const pixels = Uint8Array.of(0, 0, 70, 70);
  expect([...pillowResize(pixels, 1, [4, 1], [2, 1])]).toEqual([10, 60]);
});

it("doubles between two neighbours", () => {
  expect([...pillowResize(Uint8Array.of(0, 100), 1, [2, 1], [4, 1])]).toEqual([0, 25, 75, 100]);
  expect([...pillowResize(Uint8Array.of(0, 100), 1, [1, 2], [1, 4])]).toEqual([0, 25, 75, 100]);
});
