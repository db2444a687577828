import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { orAborted, restFor } from "./waits.js";

const listenersOf = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

describe("a wait that its caller may leave", () => {
  it("gives what it waited for, and leaves no listener behind", async () => {
    const { signal } = new AbortController();
    expect(await orAborted(Promise.resolve(7), signal)).toBe(7);
    await expect(orAborted(Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
    expect(listenersOf(signal)).toBe(0);
  });

  it("ends with the signal's reason, before or meanwhile", async () => {
    const leaving = new AbortController();
    const waiting = orAborted(new Promise(() => {}), leaving.signal);
    leaving.abort(new Error("left"));
    await expect(waiting).rejects.toThrow("left");
    await expect(orAborted(new Promise(() => {}), leaving.signal)).rejects.toThrow("left");
    expect(listenersOf(leaving.signal)).toBe(0);
  });
});

describe("a rest", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("is as long as it is said, or until the signal", async () => {
    const leaving = new AbortController();
    let isOver = false;
    const over = restFor(100, leaving.signal).then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(99);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await over;
    const longer = restFor(1e6, leaving.signal);
    leaving.abort();
    await longer;
    await restFor(1e6, leaving.signal);
    expect([vi.getTimerCount(), listenersOf(leaving.signal)]).toEqual([0, 0]);
  });
});
