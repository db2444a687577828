import { describe, expect, it } from "vitest";
import { enlarge } from "./enlarge.js";

describe("enlarge", () => {
  it("keeps what has the right size already", () => {
    const pixels = Uint8Array.from({ length: 24 }, (_, i) => i * 10);
    const size = { width: 4, height: 2 };
    expect(enlarge(pixels, 3, size, size)).toEqual(pixels);
  });

  it("lies symmetrically over the picture, its edges repeated", () => {
    const pair = Uint8Array.of(0, 100);
    expect([...enlarge(pair, 1, { width: 2, height: 1 }, { width: 4, height: 1 })]).toEqual([0, 25, 75, 100]);
    expect([...enlarge(pair, 1, { width: 1, height: 2 }, { width: 1, height: 4 })]).toEqual([0, 25, 75, 100]);
  });

  it("mirrors when its input is mirrored", () => {
    const pixels = Uint8Array.of(3, 200, 17, 90, 255);
    const from = { width: 5, height: 1 };
    const to = { width: 13, height: 1 };
    expect([...enlarge(pixels.toReversed(), 1, from, to)]).toEqual([...enlarge(pixels, 1, from, to)].reverse());
  });

  it("keeps the channels apart", () => {
    const pixels = Uint8Array.of(0, 50, 9, 100, 150, 9);
    expect([...enlarge(pixels, 3, { width: 2, height: 1 }, { width: 3, height: 1 })]).toEqual([
      0, 50, 9, 50, 100, 9, 100, 150, 9,
    ]);
  });

  it("makes the most of a single pixel", () => {
    expect([...enlarge(Uint8Array.of(7), 1, { width: 1, height: 1 }, { width: 2, height: 2 })]).toEqual([7, 7, 7, 7]);
  });
});
