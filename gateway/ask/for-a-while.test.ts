import { expect, it, vi } from "vitest";
import { forAWhile } from "./for-a-while.js";

const call = { signal: new AbortController().signal };

it("makes an answer once for all who ask within its time, and keeps none that failed", async () => {
  let at = 0;
  let asked = 0;
  const next = vi.fn(async () => {
    asked++;
    if (asked === 1) throw new Error("not yet");
    return { asked };
  });
  const ask = forAWhile(100, next, () => at);
  await expect(ask({}, call)).rejects.toThrow("not yet");
  const first = await ask({}, call);
  at = 99;
  expect(await ask({}, call)).toBe(first);
  at = 100;
  expect(await ask({}, call)).toEqual({ asked: 3 });
  expect(next).toHaveBeenCalledTimes(3);
});

it("gives those who ask at once their own, and keeps the last of them", async () => {
  const next = vi.fn(async () => ({}));
  const ask = forAWhile(100, next, () => 0);
  const both = await Promise.all([ask({}, call), ask({}, call)]);
  expect(next).toHaveBeenCalledTimes(2);
  expect(both).toContain(await ask({}, call));
});
