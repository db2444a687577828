import { expect, it } from "vitest";
import { MemoryCache } from "./memory-cache.js";

const memory = (bytes: number) => new SharedArrayBuffer(bytes);
const open = () => new MemoryCache({ maxBytes: 100, ttlMs: 60_000 });
const key = (digit: number) => `sha256:${String(digit).repeat(64)}:model`;

it("keeps what is remembered of a picture by its name, up to so many bytes", () => {
  const cache = open();
  const [one, two] = [memory(60), memory(30)];
  cache.keep({ key: key(1), asOf: 0 }, "rows", one);
  cache.keep({ key: key(1), asOf: 0 }, "pointer", two);
  expect(cache.find(key(1), "rows")).toBe(one);
  expect(cache.find(key(2), "rows")).toBeUndefined();
  cache.keep({ key: key(2), asOf: 0 }, "rows", memory(20));
  expect(cache.bytes).toBe(80);
  expect(cache.find(key(1), "pointer")).toBeUndefined();
  expect(cache.counts).toEqual({ found: 1, missed: 2, evicted: 1 });
  cache.shrink();
  expect(cache.bytes).toBeLessThanOrEqual(40);
});

it("keeps nothing of pictures that were deleted, also what was made of them meanwhile", () => {
  const cache = open();
  for (const digit of [1, 2]) cache.keep({ key: key(digit), asOf: 0 }, "rows", memory(10));
  cache.forget(`sha256:${"1".repeat(64)}:`, 1);
  expect([1, 2].map((digit) => cache.find(key(digit), "rows") !== undefined)).toEqual([false, true]);
  cache.keep({ key: key(1), asOf: 0 }, "rows", memory(10));
  expect(cache.find(key(1), "rows")).toBeUndefined();
  cache.keep({ key: key(1), asOf: 1 }, "rows", memory(10));
  expect(cache.find(key(1), "rows")).toBeDefined();
});
