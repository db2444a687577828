import { expect, it } from "vitest";
import { frameFor } from "../frame.js";
import { promptTokens } from "./prompt-tokens.js";

/** Longer side 2048: every coordinate is halved. */
const frame = frameFor(2048, 1024);

it("puts a pad point behind points without a box, as Meta's export expects", () => {
  const points = [
    { x: 100, y: 50, label: 1 as const },
    { x: 20, y: 10, label: 0 as const },
  ];
  expect(promptTokens({ points }, frame)).toEqual({
    coords: Float32Array.of(50, 25, 10, 5, 0, 0),
    labels: Float32Array.of(1, 0, -1),
    count: 3,
  });
});

it("puts a box's corners behind the points, as labels 2 and 3, and no pad", () => {
  const points = [{ x: 100, y: 50, label: 1 as const }];
  expect(promptTokens({ points, box: { x0: 0, y0: 2, x1: 2048, y1: 1024 } }, frame)).toEqual({
    coords: Float32Array.of(50, 25, 0, 1, 1024, 512),
    labels: Float32Array.of(1, 2, 3),
    count: 3,
  });
});

it("gives a mask by itself one pad point", () => {
  expect(promptTokens({ points: [], mask: { logits: new Float32Array(4) } }, frame)).toEqual({
    coords: Float32Array.of(0, 0),
    labels: Float32Array.of(-1),
    count: 1,
  });
});
