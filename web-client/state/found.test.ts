import { describe, expect, it } from "vitest";
import { addFound, foundAt, neighbour } from "./found.js";
import { rectangle } from "./testing/fixtures.js";

const masks = [
  rectangle(1, 0, 0, 30, 20),
  rectangle(2, 2, 2, 4, 4),
  rectangle(3, 20, 2, 4, 4),
  rectangle(4, 2, 12, 6, 6),
].reduce<ReturnType<typeof addFound>>(addFound, []);
const idAt = (x: number, y: number) => foundAt(masks, { x, y })?.id;

describe("foundAt", () => {
  it("finds the smallest mask that holds the pixel, exactly to its edges", () => {
    expect([idAt(2, 2), idAt(5, 5), idAt(6, 5), idAt(23, 5), idAt(24, 5), idAt(29, 19), idAt(30, 19)]).toEqual([
      2,
      2,
      1,
      3,
      1,
      1,
      undefined,
    ]);
  });
});

describe("neighbour", () => {
  const from = (lit: number | undefined, to: Parameters<typeof neighbour>[2]) => neighbour(masks, lit, to)?.id;

  it("goes through all of them in reading order, and out at either end", () => {
    expect([from(undefined, "next"), from(2, "next"), from(3, "next"), from(1, "next"), from(4, "next")]).toEqual([
      2,
      3,
      1,
      4,
      undefined,
    ]);
    expect([from(undefined, "previous"), from(4, "previous"), from(2, "previous")]).toEqual([4, 1, undefined]);
    expect([from(3, "first"), from(3, "last")]).toEqual([2, 4]);
  });

  it("goes to the nearest that way, and stays where there is none", () => {
    expect([from(2, "right"), from(3, "left"), from(2, "down"), from(4, "up"), from(2, "left")]).toEqual([
      3, 2, 4, 2, 2,
    ]);
  });
});
