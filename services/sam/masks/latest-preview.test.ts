import { expect, it } from "vitest";
import type { PromptTokens } from "../prompts/prompt-tokens.js";
import { LatestPreview } from "./latest-preview.js";

const tokens = (x: number, label = 1): PromptTokens => ({
  coords: Float32Array.of(x, 5, 0, 0),
  labels: Float32Array.of(label, -1),
  count: 2,
});
const candidates = () => ({ logits: new Float32Array(4), predictedIou: new Float32Array(4) });

it("knows the prompt of the latest one, and no other", () => {
  const latest = new LatestPreview();
  const of = (asked: PromptTokens, start?: Float32Array) => latest.of(asked, start);
  expect(of(tokens(1))).toBeUndefined();
  const [first, second] = [candidates(), candidates()];
  latest.keep(tokens(1), undefined, first);
  expect(of(tokens(1))).toBe(first);
  expect(of(tokens(2))).toBeUndefined();
  expect(of(tokens(1, 0))).toBeUndefined();
  const more = { coords: Float32Array.of(1, 5, 2, 5, 0, 0), labels: Float32Array.of(1, 1, -1), count: 3 };
  expect(of(more)).toBeUndefined();
  latest.keep(tokens(2), undefined, second);
  expect([of(tokens(1)), of(tokens(2))]).toEqual([undefined, second]);
});

it("tells prompts by the mask that they start from", () => {
  const latest = new LatestPreview();
  const found = candidates();
  latest.keep(tokens(1), Float32Array.of(1, 2, 3), found);
  expect(latest.of(tokens(1), Float32Array.of(1, 2, 3))).toBe(found);
  expect(latest.of(tokens(1), Float32Array.of(1, 2, 4))).toBeUndefined();
  expect(latest.of(tokens(1), undefined)).toBeUndefined();
});
