import { describe, expect, it } from "vitest";
import type { Prompts } from "../sdk/session/prompts.js";
import { carried, gripAt } from "./grip.js";

/** Half as large on the screen as it is, moved by a few pixels. */
const view = { width: 200, height: 150, scale: 0.5, left: 10, top: 5 };
const on = (x: number, y: number) => ({ x: x * 0.5 - 10, y: y * 0.5 - 5 });
const prompts: Prompts = {
  points: [
    { x: 100, y: 100, label: 1 },
    { x: 110, y: 100, label: 0 },
  ],
  box: { x0: 60, y0: 60, x1: 300, y1: 240 },
  mask: undefined,
};

describe("what lies under a pointer", () => {
  it("is the nearest point within reach", () => {
    expect(gripAt(prompts, view, on(98, 101), 11, undefined)).toEqual({ kind: "point", index: 0 });
    expect(gripAt(prompts, view, on(112, 101), 11, undefined)).toEqual({ kind: "point", index: 1 });
    expect(gripAt(prompts, view, on(140, 130), 11, undefined)).toBeUndefined();
    expect(gripAt(prompts, view, on(140, 100), 24, undefined)).toEqual({ kind: "point", index: 1 });
  });

  it("is the cross of the picked point, and of none else", () => {
    const { x, y } = on(101, 101);
    const cross = { x: x + 17, y: y - 17 };
    expect(gripAt(prompts, view, cross, 11, 0)).toEqual({ kind: "remove", index: 0 });
    expect(gripAt({ ...prompts, box: undefined }, view, cross, 11, undefined)).toBeUndefined();
  });

  it.each([
    ["left edge", 60, 150, { kind: "box", x: "x0", y: undefined }],
    ["lower edge", 200, 240, { kind: "box", x: undefined, y: "y1" }],
    ["corner", 302, 58, { kind: "box", x: "x1", y: "y0" }],
  ])("is the box's %s", (_name, x, y, grip) => {
    expect(gripAt(prompts, view, on(x, y), 11, undefined)).toEqual(grip);
  });

  it("is nothing inside the box or beside it", () => {
    expect(gripAt(prompts, view, on(200, 150), 11, undefined)).toBeUndefined();
    expect(gripAt(prompts, view, on(30, 30), 11, undefined)).toBeUndefined();
  });
});

describe("what is pulled", () => {
  it("takes its point along", () => {
    expect(carried(prompts, { kind: "point", index: 1 }, { x: 7, y: 8 }).points).toEqual([
      prompts.points[0],
      { x: 7, y: 8, label: 0 },
    ]);
  });

  it("moves one side of the box, or two, and stays a box when it is turned inside out", () => {
    const box = (x: "x0" | "x1" | undefined, y: "y0" | "y1" | undefined, to: { x: number; y: number }) =>
      carried(prompts, { kind: "box", x, y }, to).box;
    expect(box("x0", undefined, { x: 80, y: 999 })).toEqual({ x0: 80, y0: 60, x1: 300, y1: 240 });
    expect(box("x1", "y1", { x: 200, y: 100 })).toEqual({ x0: 60, y0: 60, x1: 200, y1: 100 });
    expect(box("x0", undefined, { x: 400, y: 0 })).toEqual({ x0: 300, y0: 60, x1: 400, y1: 240 });
  });
});
