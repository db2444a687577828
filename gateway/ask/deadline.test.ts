import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import type { Call } from "../../services/runtime/grpc/call.js";
import { withDeadline } from "./deadline.js";

const never = () => ({ signal: new AbortController().signal });
const until = (_request: string, { signal }: Call) =>
  new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

it("gives the next layer's outcome and leaves nothing on the caller's signal", async () => {
  const call = never();
  expect(await withDeadline(60_000, async (request: string) => `${request} is done`)("it", call)).toBe("it is done");
  await expect(withDeadline(60_000, () => Promise.reject(new Error("no")))("it", call)).rejects.toThrow("no");
  expect(getEventListeners(call.signal, "abort")).toEqual([]);
});

it("hands on what else the call says", async () => {
  const call = { ...never(), origin: { session: "s" } };
  expect(await withDeadline(60_000, async (_request: string, { origin }: Call) => origin)("it", call)).toBe(
    call.origin,
  );
});

it("aborts with the caller's reason, also when that was before", async () => {
  const caller = new AbortController();
  const waiting = withDeadline(60_000, until)("it", caller);
  const reason = new Error("left");
  caller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  expect(await withDeadline(60_000, async (_request: string, { signal }: Call) => signal.aborted)("it", caller)).toBe(
    true,
  );
});

it("aborts as a TimeoutError when the time is over", async () => {
  await expect(withDeadline(1, until)("it", never())).rejects.toMatchObject({ name: "TimeoutError" });
});
