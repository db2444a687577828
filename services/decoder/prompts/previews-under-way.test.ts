import { expect, it } from "vitest";
import { PreviewsUnderWay } from "./previews-under-way.js";

const hour = 3_600_000;
const at = (x: number) => ({ points: [{ x, y: 5, label: 1 as const }] });

it("is followed by whoever asks the same of the same picture, until it ends", async () => {
  const previews = new PreviewsUnderWay();
  const end = previews.begin("a", at(1));
  expect(previews.same("b", at(1), hour)).toBeUndefined();
  expect(previews.same("a", at(2), hour)).toBeUndefined();
  expect(previews.same("a", { ...at(1), mask: { logits: new Float32Array(1) } }, hour)).toBeUndefined();
  const from = (value: number) => ({ ...at(1), mask: { logits: new Float32Array(65_536).fill(value) } });
  previews.begin("a", from(1));
  expect(previews.same("a", from(1), hour)).toBeDefined();
  expect(previews.same("a", from(2), hour)).toBeUndefined();
  let isOver = false;
  const followed = previews.same("a", at(1), hour)?.then(() => {
    isOver = true;
  });
  expect(followed).toBeDefined();
  await Promise.resolve();
  expect(isOver).toBe(false);
  end();
  await followed;
  expect(previews.same("a", at(1), hour)).toBeUndefined();
});

it("leaves the later of two that are alike to its own end", () => {
  const previews = new PreviewsUnderWay();
  const first = previews.begin("a", at(1));
  const second = previews.begin("a", at(1));
  first();
  expect(previews.same("a", at(1), hour)).toBeDefined();
  second();
  expect(previews.same("a", at(1), hour)).toBeUndefined();
});

it("is not waited for longer than that when its worker hangs", async () => {
  const previews = new PreviewsUnderWay();
  previews.begin("a", at(1));
  await previews.same("a", at(1), 5);
  expect(previews.same("a", at(1), 5)).toBeDefined();
});
