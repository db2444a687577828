import { expect, it } from "vitest";
import { frameFor, promptFrame } from "../frame.js";
import { promptTokens } from "./prompt-tokens.js";

/** Longer side 2048: every coordinate is halved. */
const frame = frameFor(2048, 1024);
const meta = { side: 1024, pad: "caller", box: "corners" } as const;

it("puts a pad point behind points without a box, as Meta's export expects", () => {
  const points = [
    { x: 100, y: 50, label: 1 as const },
    { x: 20, y: 10, label: 0 as const },
  ];
  expect(promptTokens({ points }, frame, meta)).toEqual({
    coords: Float32Array.of(50, 25, 10, 5, 0, 0),
    labels: Float32Array.of(1, 0, -1),
    count: 3,
  });
});

it("puts a box's corners behind the points, as labels 2 and 3, and no pad", () => {
  const points = [{ x: 100, y: 50, label: 1 as const }];
  expect(promptTokens({ points, box: { x0: 0, y0: 2, x1: 2048, y1: 1024 } }, frame, meta)).toEqual({
    coords: Float32Array.of(50, 25, 0, 1, 1024, 512),
    labels: Float32Array.of(1, 2, 3),
    count: 3,
  });
});

it("gives a mask by itself one pad point", () => {
  expect(promptTokens({ points: [], mask: { logits: new Float32Array(4) } }, frame, meta)).toEqual({
    coords: Float32Array.of(0, 0),
    labels: Float32Array.of(-1),
    count: 1,
  });
});

it("leaves the pad to a graph that puts it there itself", () => {
  const points = [{ x: 100, y: 50, label: 1 as const }];
  expect(promptTokens({ points }, frame, { ...meta, pad: "graph" })).toMatchObject({
    labels: Float32Array.of(1),
    count: 1,
  });
});

it("gives a box by itself to a graph that has an input for boxes, and no token of it", () => {
  const box = { x0: 0, y0: 2, x1: 2048, y1: 1024 };
  const rules = { ...meta, pad: "graph", box: "input" } as const;
  expect(promptTokens({ points: [], box }, frame, rules)).toEqual({
    coords: new Float32Array(0),
    labels: new Float32Array(0),
    count: 0,
    box: Float32Array.of(0, 1, 1024, 512),
  });
});

it("scales x and y apart in a stretched picture's frame, to the side that the graph has", () => {
  const stretched = promptFrame({ width: 200, height: 50 }, { side: 1024, maskGrid: 256, resize: "stretch" });
  const points = [{ x: 100, y: 10, label: 1 as const }];
  expect(promptTokens({ points }, stretched, { ...meta, pad: "graph" }).coords).toEqual(
    Float32Array.of(512, Math.fround(204.8)),
  );
});
