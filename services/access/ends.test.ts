import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { longestTimerMs } from "../runtime/longest-timer.js";
import { principalOf } from "../runtime/testing/fake-access.js";
import { Ends } from "./ends.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("tells all who watch a principal once, and nobody else", () => {
  const ends = new Ends();
  const [mine, other] = [principalOf("a"), principalOf("b")];
  const told: string[] = [];
  ends.watch(mine, () => told.push("one"));
  ends.watch(mine, () => told.push("two"));
  const stop = ends.watch(mine, () => told.push("stopped"));
  ends.watch(other, () => told.push("other"));
  stop();
  ends.end(mine);
  ends.end(mine);
  expect(told).toEqual(["one", "two"]);
  expect(ends.count).toBe(1);
});

it("tells at the principal's time, however far off that is, and keeps no timer of a watch that is over", () => {
  const ends = new Ends();
  const farMs = 3 * longestTimerMs;
  const principal = { ...principalOf("a"), expiresAt: Date.now() + farMs };
  const onEnd = vi.fn();
  ends.watch(principal, onEnd);
  const stop = ends.watch(principal, onEnd);
  stop();
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(farMs - 1);
  expect(onEnd).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(onEnd).toHaveBeenCalledTimes(1);
  expect([ends.count, vi.getTimerCount()]).toEqual([0, 0]);
});

it("ends by another reason what has a time, too, and its timer", () => {
  const ends = new Ends();
  const principal = { ...principalOf("a"), expiresAt: Date.now() + 1000 };
  const onEnd = vi.fn();
  ends.watch(principal, onEnd);
  ends.end(principal);
  expect(vi.getTimerCount()).toBe(0);
  expect(onEnd).toHaveBeenCalledTimes(1);
});
