import { describe, expect, it } from "vitest";
import {
  actualSize,
  boxAt,
  contain,
  isWhole,
  panBy,
  pixelAt,
  placeOf,
  refit,
  reveal,
  seenPart,
  type Viewport,
  zoomAbout,
} from "./viewport.js";

const picture = { width: 400, height: 300 };
const room = { width: 200, height: 200 };
const whole = contain(picture, room);

describe("the whole picture", () => {
  it("fits into the room", () => {
    expect(whole).toEqual({ width: 200, height: 150, scale: 0.5, left: 0, top: 0 });
    expect(contain(picture, { width: 1000, height: 150 })).toMatchObject({ width: 200, height: 150, scale: 0.5 });
  });

  it("is not enlarged without end", () => {
    expect(contain({ width: 10, height: 10 }, { width: 1000, height: 1000 })).toMatchObject({ width: 40, scale: 4 });
  });

  it("has the pixel under a place, also beyond the edge", () => {
    expect(pixelAt(whole, picture, { x: 0, y: 0 })).toEqual({ x: 0, y: 0 });
    expect(pixelAt(whole, picture, { x: 100, y: 75 })).toEqual({ x: 200, y: 150 });
    expect(pixelAt(whole, picture, { x: 200, y: 150 })).toEqual({ x: 399, y: 299 });
    expect(pixelAt(whole, picture, { x: -5, y: 999 })).toEqual({ x: 0, y: 299 });
  });
});

/** Where the canvas lies in its room: in the middle. */
const inRoom = ({ width, height }: Viewport, place: { x: number; y: number }) => ({
  x: place.x + (room.width - width) / 2,
  y: place.y + (room.height - height) / 2,
});

describe("zooming", () => {
  it("keeps the pixel under the pointer where it is", () => {
    const place = { x: 120, y: 60 };
    let view = whole;
    for (const factor of [1.2, 2, 3, 0.5, 1.7]) {
      const pixel = pixelAt(view, picture, place);
      const before = inRoom(view, placeOf(view, pixel));
      const next = zoomAbout(view, picture, room, place, factor);
      const after = inRoom(next, placeOf(next, pixel));
      // The middle of the pixel moves by less than the pixel itself, unless the picture's edge is in the way.
      if (next.left > 0) expect(Math.abs(after.x - before.x)).toBeLessThanOrEqual(next.scale);
      if (next.top > 0) expect(Math.abs(after.y - before.y)).toBeLessThanOrEqual(next.scale);
      view = next;
    }
  });

  it("never shows less than single pixels, or more than the picture", () => {
    expect(zoomAbout(whole, picture, room, { x: 9, y: 9 }, 1e9).scale).toBe(16);
    const near = zoomAbout(whole, picture, room, { x: 9, y: 9 }, 8);
    expect(zoomAbout(near, picture, room, { x: 9, y: 9 }, 1e-9)).toEqual(whole);
  });

  it("takes all the room it has, and no more", () => {
    expect(zoomAbout(whole, picture, room, { x: 9, y: 9 }, 4)).toMatchObject({ width: 200, height: 200 });
  });

  it("shows a pixel on a pixel of the screen, whatever its density", () => {
    expect(actualSize(whole, picture, room, 2).scale).toBeCloseTo(0.5);
    expect(actualSize(whole, picture, room, 1)).toMatchObject({ scale: 1, left: 100, top: 50 });
  });
});

describe("moving", () => {
  const near = zoomAbout(whole, picture, room, { x: 100, y: 75 }, 4);

  it("follows the pointer, up to the picture's edge", () => {
    expect(panBy(near, picture, room, { x: 30, y: -20 })).toMatchObject({ left: near.left - 30, top: near.top + 20 });
    expect(panBy(near, picture, room, { x: 1e6, y: -1e6 })).toMatchObject({ left: 0, top: 400 });
    expect(panBy(whole, picture, room, { x: 30, y: 30 })).toEqual(whole);
  });

  it("goes no farther than to have a pixel well in view", () => {
    const view = reveal(near, picture, room, { x: 399, y: 0 });
    const place = placeOf(view, { x: 399, y: 0 });
    expect(place.x).toBeLessThanOrEqual(view.width);
    expect(place.y).toBeGreaterThanOrEqual(0);
    expect(reveal(near, picture, room, pixelAt(near, picture, { x: 100, y: 100 }))).toEqual(near);
  });

  it("keeps what is in the middle when the room changes, and the whole stays the whole", () => {
    const wide = { width: 500, height: 120 };
    expect(refit(whole, picture, room, wide)).toEqual(contain(picture, wide));
    const middle = pixelAt(near, picture, { x: near.width / 2, y: near.height / 2 });
    const view = refit(near, picture, room, wide);
    expect(pixelAt(view, picture, { x: view.width / 2, y: view.height / 2 })).toEqual(middle);
    expect(isWhole(view, picture, wide)).toBe(false);
  });
});

describe("what is seen", () => {
  it("is all of the picture, or the pixels between those in the canvas's corners", () => {
    expect(seenPart(whole, picture)).toEqual({ x: 0, y: 0, width: 400, height: 300 });
    const near = zoomAbout(whole, picture, room, { x: 150, y: 20 }, 7);
    const { x, y, width, height } = seenPart(near, picture);
    expect(pixelAt(near, picture, { x: 0, y: 0 })).toEqual({ x, y });
    const last = pixelAt(near, picture, { x: near.width - 0.01, y: near.height - 0.01 });
    expect(last).toEqual({ x: x + width - 1, y: y + height - 1 });
  });
});

describe("places", () => {
  it("come back to the same pixel from its middle, at any zoom", () => {
    for (const view of [whole, zoomAbout(whole, picture, room, { x: 150, y: 20 }, 7)]) {
      for (const pixel of [
        { x: 0, y: 0 },
        { x: 17, y: 250 },
        { x: 399, y: 299 },
      ]) {
        expect(pixelAt(view, picture, placeOf(view, pixel))).toEqual(pixel);
      }
    }
  });

  it("make boxes with corners in order, inside the picture", () => {
    expect(boxAt(whole, picture, { x0: 150, y0: 500, x1: 50, y1: -3 })).toEqual({ x0: 100, y0: 0, x1: 300, y1: 300 });
  });
});
