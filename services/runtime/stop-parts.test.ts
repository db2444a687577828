import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { StopParts } from "./stop-parts.js";
import { fakeLogger } from "./testing/fake-logger.js";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

const never = () => new Promise<void>(() => {});

function begin() {
  const [info, warn, error] = [vi.fn(), vi.fn(), vi.fn()];
  const parts = new StopParts({ ...fakeLogger(), info, warn, error });
  const over = new AbortController();
  return { parts, info, warn, error, over, bound: { isOver: over.signal, leastMs: 250 } };
}

it("says nothing of what ends in its time, and at the end how long each has taken", async () => {
  const { parts, info, warn, bound } = begin();
  expect(await parts.run("close a", async () => {}, bound)).toBe(false);
  expect(await parts.run("close b", () => undefined, bound)).toBe(false);
  parts.over();
  expect(warn).not.toHaveBeenCalled();
  const told = { tookMs: expect.any(Number), parts: { "close a": expect.any(Number), "close b": expect.any(Number) } };
  expect(info.mock.calls).toEqual([[told, "stopped"]]);
});

it("leaves what hangs when the time is over, names it, and gives the next a moment of its own", async () => {
  const { parts, warn, over, bound } = begin();
  const hangs = parts.run("drain a", never, bound, () => ({ waiting: 3 }));
  over.abort();
  expect(await hangs).toBe(true);
  expect(warn).toHaveBeenCalledWith(
    expect.objectContaining({ part: "drain a", isLeft: true, waiting: 3 }),
    expect.any(String),
  );
  expect(await parts.run("close b", async () => {}, bound)).toBe(false);
  expect(warn).toHaveBeenCalledOnce();
  const hangsToo = parts.run("close c", never, bound);
  await vi.advanceTimersByTimeAsync(250);
  expect(await hangsToo).toBe(true);
  expect(warn).toHaveBeenLastCalledWith(expect.objectContaining({ part: "close c" }), expect.any(String));
});

it("names what has ended only because the time was over", async () => {
  const { parts, warn, over, bound } = begin();
  const gaveUp = new Promise<void>((resolve) => over.signal.addEventListener("abort", () => resolve()));
  const ended = parts.run("drain a", () => gaveUp, bound);
  over.abort();
  expect(await ended).toBe(false);
  expect(warn).toHaveBeenCalledWith(expect.objectContaining({ part: "drain a", isLeft: false }), expect.any(String));
});

it("goes on after what fails, and logs why", async () => {
  const { parts, error, bound } = begin();
  const err = new Error("stuck");
  expect(await parts.run("close a", () => Promise.reject(err), bound)).toBe(false);
  expect(error).toHaveBeenCalledWith({ err, part: "close a" }, expect.any(String));
});

it("warns of no part that usually reaches its bound", async () => {
  const { parts, warn, bound } = begin();
  const hangs = parts.run("flush", never, { ...bound, usualMs: 100 });
  await vi.advanceTimersByTimeAsync(100);
  expect(await hangs).toBe(true);
  expect(warn).not.toHaveBeenCalled();
});
