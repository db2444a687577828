import { expect, it } from "vitest";
import { PreviewsUnderWay } from "./previews-under-way.js";

const at = (x: number) => ({ points: [{ x, y: 5, label: 1 as const }] });

it("is followed by whoever asks the same of the same picture, until it ends", async () => {
  const previews = new PreviewsUnderWay();
  const end = previews.begin("a", at(1));
  expect(previews.same("b", at(1))).toBeUndefined();
  expect(previews.same("a", at(2))).toBeUndefined();
  expect(previews.same("a", { ...at(1), mask: { logits: new Float32Array(1) } })).toBeUndefined();
  const from = (value: number) => ({ ...at(1), mask: { logits: new Float32Array(65_536).fill(value) } });
  previews.begin("a", from(1));
  expect(previews.same("a", from(1))).toBeDefined();
  expect(previews.same("a", from(2))).toBeUndefined();
  let isOver = false;
  const followed = previews.same("a", at(1))?.then(() => {
    isOver = true;
  });
  expect(followed).toBeDefined();
  await Promise.resolve();
  expect(isOver).toBe(false);
  end();
  await followed;
  expect(previews.same("a", at(1))).toBeUndefined();
});

it("leaves the later of two that are alike to its own end", () => {
  const previews = new PreviewsUnderWay();
  const first = previews.begin("a", at(1));
  const second = previews.begin("a", at(1));
  first();
  expect(previews.same("a", at(1))).toBeDefined();
  second();
  expect(previews.same("a", at(1))).toBeUndefined();
});
