import { expect, it } from "vitest";
import { Code } from "../runtime/errors.js";
import { OnDemand } from "./on-demand.js";

const opened = () => {
  const closed: string[] = [];
  const one = { [Symbol.asyncDispose]: async () => void closed.push("closed") };
  return { closed, one };
};

it("is opened once, when it is asked for first", async () => {
  const { one, closed } = opened();
  let times = 0;
  const demand = new OnDemand(async () => {
    times++;
    return one;
  });
  expect([times, demand.now]).toEqual([0, undefined]);
  const all = await Promise.all([demand.get(), demand.get()]);
  expect(all).toEqual([one, one]);
  expect([times, demand.now]).toEqual([1, one]);
  await Promise.all([demand.close(), demand.close()]);
  expect(closed).toEqual(["closed"]);
  await expect(demand.get()).rejects.toMatchObject({ code: Code.UNAVAILABLE });
});

it("is tried again by whoever asks after it has failed", async () => {
  const { one } = opened();
  let fails = true;
  const demand = new OnDemand(async () => {
    if (fails) throw new Error("not yet");
    return one;
  });
  await expect(Promise.all([demand.get(), demand.get()])).rejects.toThrow("not yet");
  fails = false;
  expect(await demand.get()).toBe(one);
});

it("is closed as soon as it is open when that is asked for while it opens, and never opened for that", async () => {
  const { one, closed } = opened();
  let open = () => {};
  const demand = new OnDemand(() => new Promise<typeof one>((resolve) => (open = () => resolve(one))));
  void demand.get();
  const closing = demand.close();
  open();
  await closing;
  expect(closed).toEqual(["closed"]);
  await new OnDemand(() => Promise.reject(new Error("opened"))).close();
});
