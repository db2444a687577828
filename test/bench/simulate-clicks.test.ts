import { describe, expect, it } from "vitest";
import { bitmapIou, nextClick } from "./simulate-clicks.js";

const size = 20;
const rectangle = (x0: number, y0: number, x1: number, y1: number) =>
  Uint8Array.from({ length: size * size }, (_, i) => {
    const [x, y] = [i % size, Math.floor(i / size)];
    return x >= x0 && x < x1 && y >= y0 && y < y1 ? 1 : 0;
  });

describe("bitmapIou", () => {
  it("is the shared part of both together", () => {
    expect(bitmapIou(rectangle(0, 0, 4, 4), rectangle(2, 0, 6, 4))).toBeCloseTo(8 / 24);
    expect(bitmapIou(new Uint8Array(9), new Uint8Array(9))).toBe(1);
  });
});

describe("nextClick", () => {
  const truth = rectangle(5, 5, 16, 16);

  it("adds what is missing, in its middle", () => {
    expect(nextClick(rectangle(5, 5, 16, 7), truth, size, size)).toEqual({ x: 9, y: 11, label: 1 });
  });

  it("takes away what is too much", () => {
    expect(nextClick(rectangle(5, 0, 16, 16), truth, size, size)).toMatchObject({ label: 0 });
  });

  it("goes for the deeper of both", () => {
    // Two rows too many, nine columns missing.
    expect(nextClick(rectangle(5, 3, 7, 16), truth, size, size)).toMatchObject({ label: 1 });
  });

  it("goes nowhere twice", () => {
    const mask = rectangle(5, 5, 16, 7);
    const first = nextClick(mask, truth, size, size);
    expect(nextClick(mask, truth, size, size, first && [first])).toEqual({ x: 10, y: 11, label: 1 });
  });

  it("has nothing to say to the right mask", () => {
    expect(nextClick(truth, truth, size, size)).toBeUndefined();
  });
});
