import { describe, expect, it } from "vitest";
import { boxAt, contain, pixelAt, placeOf } from "./viewport.js";

const picture = { width: 400, height: 300 };

describe("viewport", () => {
  it("fits the whole picture into the room", () => {
    expect(contain(picture, { width: 200, height: 1000 })).toEqual({ width: 200, height: 150, scale: 0.5 });
    expect(contain(picture, { width: 1000, height: 150 })).toEqual({ width: 200, height: 150, scale: 0.5 });
  });

  it("does not enlarge a tiny picture without end", () => {
    expect(contain({ width: 10, height: 10 }, { width: 1000, height: 1000 })).toEqual({
      width: 40,
      height: 40,
      scale: 4,
    });
  });

  it("finds the pixel under a place, also beyond the edge", () => {
    const viewport = contain(picture, { width: 200, height: 150 });
    expect(pixelAt(viewport, picture, { x: 0, y: 0 })).toEqual({ x: 0, y: 0 });
    expect(pixelAt(viewport, picture, { x: 100, y: 75 })).toEqual({ x: 200, y: 150 });
    expect(pixelAt(viewport, picture, { x: 200, y: 150 })).toEqual({ x: 399, y: 299 });
    expect(pixelAt(viewport, picture, { x: -5, y: 999 })).toEqual({ x: 0, y: 299 });
  });

  it("comes back to the same pixel from its middle", () => {
    const viewport = contain(picture, { width: 333, height: 777 });
    for (const pixel of [
      { x: 0, y: 0 },
      { x: 17, y: 250 },
      { x: 399, y: 299 },
    ]) {
      expect(pixelAt(viewport, picture, placeOf(viewport, picture, pixel))).toEqual(pixel);
    }
  });

  it("orders a box's corners and keeps them inside", () => {
    const viewport = contain(picture, { width: 200, height: 150 });
    expect(boxAt(viewport, picture, { x0: 150, y0: 500, x1: 50, y1: -3 })).toEqual({
      x0: 100,
      y0: 0,
      x1: 300,
      y1: 300,
    });
  });
});
