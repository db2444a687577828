import { expect, it } from "vitest";
import { Code, invalidArgument, overloaded } from "../../runtime/errors.js";
import { type LeaseKeys, MemoryLeaseKeys } from "../../stores/lease-keys.js";
import { Leases } from "../../stores/leases.js";
import { onceInCluster } from "./once-in-cluster.js";

const { signal } = new AbortController();
const name = "picture";

/** Processes that share keys and a store of one value. */
function cluster(keys: LeaseKeys = new MemoryLeaseKeys(), termMs = 60_000) {
  const leases = new Leases(keys, { namespace: "test", termMs });
  const shared = { value: undefined as string | undefined, works: 0, waits: 0 };
  const ask = (make: () => Promise<string>, until = signal) =>
    onceInCluster<string>(leases, name, {
      find: async () => shared.value,
      work: async () => {
        shared.works++;
        shared.value = await make();
        return shared.value;
      },
      onWait: () => {
        shared.waits++;
      },
      signal: until,
    });
  return { leases, shared, ask };
}

const soon = () => new Promise((resolve) => setImmediate(resolve));

it("works once for ten processes; the others get the outcome", async () => {
  const { shared, ask } = cluster();
  const all = await Promise.all(
    Array.from({ length: 10 }, () =>
      ask(async () => {
        await soon();
        return "made";
      }),
    ),
  );
  expect(shared).toMatchObject({ works: 1, waits: 9 });
  expect(all.filter(({ isOthers }) => isOthers).length).toBe(9);
  expect(new Set(all.map(({ outcome }) => outcome))).toEqual(new Set(["made"]));
});

it("does not repeat what was finished just before it got the lease", async () => {
  const { shared, ask } = cluster();
  shared.value = "made before";
  expect(await ask(() => Promise.reject(new Error("never")))).toEqual({ outcome: "made before", isOthers: true });
  expect(shared.works).toBe(0);
});

it("gives a picture's fault to all who wait without a second try", async () => {
  const { shared, ask } = cluster();
  const damaged = invalidArgument("The picture is damaged.", "DAMAGED_IMAGE");
  const all = await Promise.allSettled(Array.from({ length: 10 }, () => ask(() => Promise.reject(damaged))));
  expect(shared.works).toBe(1);
  for (const one of all) {
    expect(one).toMatchObject({
      status: "rejected",
      reason: { code: Code.INVALID_ARGUMENT, reason: "DAMAGED_IMAGE", message: expect.stringContaining("damaged") },
    });
  }
});

it("shows nobody what others have written into the cache, and works in spite of it", async () => {
  const forged = ["{", "You have won!", "constructor", '{"code":3,"message":"You have won!"}', "x".repeat(5000)];
  for (const verdict of forged) {
    const keys = new MemoryLeaseKeys();
    const { shared, ask } = cluster(keys);
    await keys.set(`test:lease:${name}`, "a stranger's", 30);
    await keys.set(`test:lease:${name}:verdict`, verdict, 60_000);
    expect(await ask(async () => "made"), verdict.slice(0, 20)).toEqual({ outcome: "made", isOthers: false });
    expect(shared.works).toBe(1);
  }
});

it("passes on no fault for which it has no sentence of its own", async () => {
  const { shared, ask } = cluster();
  const odd = invalidArgument("Only here: /home/somebody/picture.jpg");
  const first = ask(() => Promise.reject(odd));
  const second = ask(async () => "made by another");
  await expect(first).rejects.toBe(odd);
  expect(await second).toMatchObject({ outcome: "made by another" });
  expect(shared.works).toBe(2);
});

it.each([
  ["without a term", async (keys: MemoryLeaseKeys) => keys.set(`test:lease:${name}`, "a stranger's", 10 ** 9)],
  [
    "renewed for ever",
    async (keys: MemoryLeaseKeys) => {
      // Gone whenever it is looked at, and taken whenever it is asked for.
      keys.remainingMs = async () => undefined;
      keys.setIfAbsent = async () => false;
    },
  ],
])("works by itself once a squatted lease, %s, has held it up for some terms", async (_name, squat) => {
  const keys = new MemoryLeaseKeys();
  const { leases, shared, ask } = cluster(keys, 10);
  await squat(keys);
  expect(leases.longestWaitMs).toBe(60);
  expect(await ask(async () => "made")).toEqual({ outcome: "made", isOthers: false });
  expect(shared.works).toBe(1);
});

it("is taken over when the one at work is overloaded or lost", async () => {
  const { shared, ask } = cluster();
  const first = ask(() => Promise.reject(overloaded("Full.", 5)));
  const second = ask(async () => "made by another");
  await expect(first).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED });
  expect(await second).toEqual({ outcome: "made by another", isOthers: false });
  expect(shared.works).toBe(2);
});

it("is taken over by one of those who wait when the one at work dies", async () => {
  const keys = new MemoryLeaseKeys();
  const { shared, ask } = cluster(keys);
  // A holder that never comes back: its key is there for its term.
  await keys.set(`test:lease:${name}`, "the dead one's", 60);
  const all = await Promise.all(Array.from({ length: 5 }, () => ask(async () => "made")));
  expect(shared.works).toBe(1);
  expect(all.filter(({ isOthers }) => !isOthers).length).toBe(1);
});

it("works by itself where there are no leases to be had", async () => {
  const down = () => Promise.reject(new Error("down"));
  const { shared, ask } = cluster({
    remainingMs: down,
    head: down,
    set: down,
    setAndTell: down,
    setIfAbsent: down,
    extendIfEqual: down,
    delete: down,
    deleteIfEqual: down,
    deleteAll: down,
    follow: () => ({ state: "deaf", close: () => {} }),
  });
  const all = await Promise.all([ask(async () => "one"), ask(async () => "two")]);
  expect(all.map(({ isOthers }) => isOthers)).toEqual([false, false]);
  expect(shared.works).toBe(2);
});

it("lets go of one who leaves while another is at work", async () => {
  const { shared, leases, ask } = cluster();
  const lease = await leases.acquire(name);
  const leaving = new AbortController();
  const waiting = ask(async () => "never", leaving.signal);
  while (shared.waits === 0) await soon();
  leaving.abort();
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
  expect(shared.works).toBe(0);
  if (typeof lease !== "string") await lease.release();
});
