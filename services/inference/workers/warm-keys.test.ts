import { expect, it } from "vitest";
import { chooseWorker, WarmKeys } from "./warm-keys.js";

/** A worker that had these keys, each with the number of its task. */
function worker(keys: Record<string, number> = {}, isFirst = false) {
  const warm = new WarmKeys();
  for (const [key, id] of Object.entries(keys)) warm.remember(key, id);
  return { isFirst, warm };
}

it("is the worker that had the key last, and else the one with the fewest", () => {
  const [early, late, empty] = [worker({ a: 1, b: 2 }), worker({ a: 3 }), worker()];
  const all = [early, late, empty];
  expect(chooseWorker(all, { key: "a", alone: false })).toBe(late);
  expect(chooseWorker(all, { key: "b", alone: false })).toBe(early);
  expect(chooseWorker(all, { key: "c", alone: false })).toBe(empty);
  expect(chooseWorker(all, { alone: false })).toBe(empty);
});

it("is the first worker for a task that is alone, unless it stays where its key is warm", () => {
  const [first, warm] = [worker({ b: 1 }, true), worker({ a: 2 })];
  const all = [first, warm];
  expect(chooseWorker(all, { key: "a", alone: true })).toBe(first);
  expect(chooseWorker(all, { key: "a", alone: true, staysWithKey: true })).toBe(warm);
  expect(chooseWorker(all, { key: "c", alone: true, staysWithKey: true })).toBe(first);
  expect(chooseWorker([warm], { key: "c", alone: true })).toBe(warm);
});

it("remembers the latest keys of a number that is bounded", () => {
  const { warm } = worker();
  for (let id = 1; id <= 100; id++) warm.remember(`key ${id}`, id);
  warm.remember("key 40", 101);
  warm.remember("one more", 102);
  expect(warm.size).toBe(64);
  const lastOf = (...ids: number[]) => ids.map((id) => warm.lastOf(`key ${id}`));
  expect(lastOf(36, 37, 38, 40)).toEqual([0, 0, 38, 101]);
});
