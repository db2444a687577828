import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { withDeadline } from "./deadline.js";

const until = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

it("gives the work's outcome and leaves nothing on the caller's signal", async () => {
  const { signal } = new AbortController();
  expect(await withDeadline(signal, 60_000, async () => "done")).toBe("done");
  await expect(withDeadline(signal, 60_000, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

it("aborts with the caller's reason, also when that was before", async () => {
  const caller = new AbortController();
  const waiting = withDeadline(caller.signal, 60_000, until);
  const reason = new Error("left");
  caller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  const late = withDeadline(caller.signal, 60_000, async (signal) => signal.aborted);
  expect(await late).toBe(true);
});

it("aborts as a TimeoutError when the time is over", async () => {
  await expect(withDeadline(new AbortController().signal, 1, until)).rejects.toMatchObject({ name: "TimeoutError" });
});
