import { describe, expect, it } from "vitest";
import { hold, idle, move, press, release } from "./gesture.js";

describe("gesture", () => {
  it("takes a press and a release for a click, a trembling hand included", () => {
    const gesture = move(press({ x: 10, y: 20 }, 1, false), { x: 12, y: 23 });
    expect(release(gesture)).toEqual([idle, { kind: "point", x: 10, y: 20, label: 1 }]);
  });

  it("takes the secondary button for a point beside the object", () => {
    expect(release(press({ x: 1, y: 2 }, 1, true))[1]).toEqual({ kind: "point", x: 1, y: 2, label: 0 });
  });

  it("follows the chosen tool", () => {
    expect(release(press({ x: 1, y: 2 }, 0, false))[1]).toEqual({ kind: "point", x: 1, y: 2, label: 0 });
  });

  it("takes a drag for a box", () => {
    const gesture = move(move(press({ x: 10, y: 10 }, 1, false), { x: 20, y: 20 }), { x: 5, y: 60 });
    expect(release(gesture)[1]).toEqual({ kind: "box", x0: 10, y0: 10, x1: 5, y1: 60 });
  });

  it("draws no box with the secondary button", () => {
    expect(release(move(press({ x: 0, y: 0 }, 1, true), { x: 50, y: 50 }))[1]).toMatchObject({
      kind: "point",
      label: 0,
    });
  });

  it("drops a box that is a line", () => {
    expect(release(move(press({ x: 0, y: 0 }, 1, false), { x: 80, y: 1 }))).toEqual([idle, undefined]);
  });

  it("takes a resting finger for the opposite of a tap, once", () => {
    const [gesture, outcome] = hold(press({ x: 3, y: 4 }, 1, false));
    expect(outcome).toEqual({ kind: "point", x: 3, y: 4, label: 0 });
    expect(release(move(gesture, { x: 90, y: 90 }))).toEqual([idle, undefined]);
  });

  it("has nothing to say about a release without a press", () => {
    expect(release(idle)).toEqual([idle, undefined]);
    expect(hold(idle)).toEqual([idle, undefined]);
    expect(move(idle, { x: 1, y: 1 })).toEqual(idle);
  });
});
