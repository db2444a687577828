import { expect, it } from "vitest";
import { frameFor } from "../frame.js";
import { stabilityScore } from "./stability-score.js";

const small = frameFor(4, 2, { modelSize: 16, gridSize: 4 });

it("is the quotient of the areas above +1 and above -1", () => {
  // Rows 0 and 1 hold the picture. Above 1: 2, 1.5, 5. Above -1: those and 1, 0, -0.5.
  const logits = Float32Array.of(2, 1, 0, -1, 1.5, -0.5, 5, -2, 9, 9, 9, 9, 9, 9, 9, 9);
  expect(stabilityScore(logits, small)).toBe(0.5);
});

it("moves with threshold and offset", () => {
  const logits = Float32Array.of(3, 2, 1, 0, 0, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9);
  expect(stabilityScore(logits, small, { threshold: 1.5, offset: 1 })).toBe(1 / 3);
});

it("is 0 for no mask and 1 for a certain one", () => {
  expect(stabilityScore(new Float32Array(16).fill(-5), small)).toBe(0);
  expect(stabilityScore(new Float32Array(16).fill(5), small)).toBe(1);
});

it("agrees with thresholding a grid of 256 twice", () => {
  const frame = frameFor(640, 427);
  const logits = Float32Array.from({ length: 256 * 256 }, (_, at) => {
    return 0.3 * (60 - Math.hypot((at % 256) - 128, Math.floor(at / 256) - 150));
  });
  const content = logits.subarray(0, 171 * 256);
  const above = (cut: number) => content.filter((logit) => logit > cut).length;
  expect(stabilityScore(logits, frame)).toBe(above(1) / above(-1));
});

it("refuses another number of logits", () => {
  expect(() => stabilityScore(new Float32Array(3), small)).toThrow(RangeError);
});
