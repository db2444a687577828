import { describe, expect, it } from "vitest";
import { answer, begin, found, point, run, shown, small } from "./testing/fixtures.js";
import { brushSize, changeTools, firstTools, pressedRadius, type Tools, type ToolsEvent } from "./tools.js";

describe("the tools", () => {
  it.each<[ToolsEvent, Partial<Tools>, Partial<Tools>]>([
    [{ kind: "tool-chosen", tool: "lasso" }, {}, { tool: "lasso" }],
    [{ kind: "brush-sized", size: 50 }, {}, { brushSize: 50 }],
    [{ kind: "brush-sized", size: 1_000 }, {}, { brushSize: brushSize.most }],
    [{ kind: "brush-stepped", by: 1 }, { brushSize: 36 }, { brushSize: 45 }],
    [{ kind: "brush-stepped", by: -1 }, { brushSize: 45 }, { brushSize: 36 }],
    [{ kind: "brush-stepped", by: -1 }, { brushSize: brushSize.least }, { brushSize: brushSize.least }],
    [{ kind: "brush-stepped", by: 1 }, { brushSize: brushSize.most }, { brushSize: brushSize.most }],
    [{ kind: "fill-toggled" }, { isFilled: true }, { isFilled: false }],
    [{ kind: "fill-toggled" }, { isFilled: false }, { isFilled: true }],
    [{ kind: "label-chosen", label: 0 }, {}, { label: 0 }],
  ])("after %o, from %o, are %o", (event, before, after) => {
    expect(changeTools({ ...firstTools, ...before }, event)).toEqual({ ...firstTools, ...before, ...after });
  });

  const leavingOut = [...shown.ready, point(), answer(1), { kind: "label-chosen", label: 0 } as const];
  it.each([
    ["on while there are prompts", [...leavingOut, point(9), answer(2)], 0],
    ["not without prompts", [...shown.ready, { kind: "label-chosen", label: 0 } as const], 1],
    ["not when they are cleared", [...leavingOut, { kind: "clear" } as const], 1],
    ["not when they are undone", [...leavingOut, { kind: "undo" } as const], 1],
    ["not among masks", [...leavingOut, begin, found(small)], 1],
  ] as const)("leave out %s", (_, events, label) => {
    expect(run(events)[0].tools.label).toBe(label);
  });

  it("paint wider with a pen that is leant on, and as chosen with a mouse", () => {
    expect(pressedRadius(40, "mouse", 0.5)).toBe(20);
    expect(pressedRadius(40, "pen", 0)).toBe(20);
    expect(pressedRadius(40, "pen", 0.5)).toBeCloseTo(20);
    expect(pressedRadius(40, "pen", 1)).toBeGreaterThan(pressedRadius(40, "pen", 0.2));
  });
});
