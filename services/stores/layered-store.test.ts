import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { LayeredStore } from "./layered-store.js";
import { createMemoryStore } from "./memory-store.js";
import { blobStoreContract, storeOptions } from "./testing/blob-store-contract.js";

const bytes = Uint8Array.of(1, 2, 3);
const memory = (maxBytes = 1 << 20) => createMemoryStore(maxBytes, storeOptions());

/** Memory hands back Buffers. */
const found = async (store: LayeredStore) => [...((await store.get("key", 100)) ?? [])];

/** A shared store that is down. */
const down = {
  get: async () => undefined,
  head: async () => undefined,
  set: async () => false,
  has: async () => undefined,
  delete: async () => {},
  forget: () => {},
  close: async () => {},
};

// The one whose other half is of no help must keep to all of it.
blobStoreContract((options) => new LayeredStore(createMemoryStore(1 << 24, options), down));

describe("a store of this process in front of a shared one", () => {
  it("keeps and finds what it is given while the shared one is down", async () => {
    const store = new LayeredStore(memory(), down);
    expect(await store.set("key", bytes)).toBe(true);
    expect(await found(store)).toEqual([1, 2, 3]);
    await store.delete("key");
    expect(await store.get("key", 100)).toBeUndefined();
  });

  it("says that nothing was kept when neither could", async () => {
    expect(await new LayeredStore(memory(1), down).set("key", bytes)).toBe(false);
  });

  it("keeps in the shared one what it has no room for", async () => {
    const shared = memory();
    const store = new LayeredStore(memory(1), shared);
    expect(await store.set("key", bytes)).toBe(true);
    expect(await found(store)).toEqual([1, 2, 3]);
  });

  it("finds what another process stored, and has it from then on", async () => {
    const shared = memory();
    await shared.set("key", bytes);
    const store = new LayeredStore(memory(), shared);
    expect(await found(store)).toEqual([1, 2, 3]);
    await shared.delete("key");
    expect(await found(store)).toEqual([1, 2, 3]);
  });
});

/** A shared store that a test takes down and brings back. */
function unsteady() {
  const inner = memory();
  const sets: string[] = [];
  const told = new EventTarget();
  const one = {
    isUp: true,
    sets,
    inner,
    get: async (key: string, mostBytes: number) => (one.isUp ? inner.get(key, mostBytes) : undefined),
    head: async (key: string, length: number) => (one.isUp ? inner.head(key, length) : undefined),
    has: async (key: string) => {
      told.dispatchEvent(new Event("asked"));
      return one.isUp ? inner.has(key) : undefined;
    },
    /** Resolves when it has been asked so often whether it has something. */
    asked: async (times: number) => {
      for (let count = 0; count < times; count++) await once(told, "asked");
    },
    /** Resolves when it has been given so many values, ever. */
    given: async (count: number) => {
      while (sets.length < count) await once(told, "given");
    },
    delete: async (key: string) => inner.delete(key),
    forget: () => {},
    close: async () => {},
    set: async (key: string, value: Uint8Array) => {
      if (one.isUp) {
        sets.push(key);
        told.dispatchEvent(new Event("given"));
      }
      return one.isUp && inner.set(key, value);
    },
  };
  return one;
}

describe("what the shared one does not have", () => {
  it("is owed to it, and is handed on, the newest first, when it is back", async () => {
    const shared = unsteady();
    const store = new LayeredStore(memory(), shared, { retryMs: 1 });
    await store.set("before", bytes);
    shared.isUp = false;
    for (const key of ["one", "two"]) expect(await store.set(key, bytes)).toBe(true);
    expect(["before", "one", "two"].map((key) => store.isOwed(key))).toEqual([false, true, true]);
    await shared.asked(3);
    expect(store.isOwed("one")).toBe(true);
    shared.isUp = true;
    await shared.given(3);
    await new Promise(setImmediate);
    expect(shared.sets).toEqual(["before", "two", "one"]);
    await store.close();
    expect(["one", "two"].map((key) => store.isOwed(key))).toEqual([false, false]);
    expect(await shared.inner.has("one")).toBe(true);
  });

  it("is given to it again when it is asked for and the shared one has forgotten it", async () => {
    const shared = unsteady();
    const store = new LayeredStore(memory(), shared);
    await store.set("key", bytes);
    expect(await store.share("key")).toBe(true);
    expect(shared.sets.length).toBe(1);
    await shared.inner.delete("key");
    expect(await store.share("key")).toBe(true);
    expect(await shared.inner.has("key")).toBe(true);
  });

  it("stays here while the shared one cannot say, without sending it the bytes", async () => {
    const shared = unsteady();
    shared.isUp = false;
    const store = new LayeredStore(memory(), shared);
    await store.set("key", bytes);
    expect(await store.share("key")).toBe(false);
    expect(store.isOwed("key")).toBe(true);
    shared.isUp = true;
    expect(await store.share("key")).toBe(true);
    expect(store.isOwed("key")).toBe(false);
  });

  it("is not owed any more once it is deleted, or gone from here", async () => {
    const shared = unsteady();
    shared.isUp = false;
    const near = memory();
    const store = new LayeredStore(near, shared, { retryMs: 1 });
    for (const key of ["deleted", "evicted", "kept"]) await store.set(key, bytes);
    await store.delete("deleted");
    await near.delete("evicted");
    shared.isUp = true;
    await shared.given(1);
    while (store.isOwed("evicted")) await new Promise(setImmediate);
    expect(shared.sets).toEqual(["kept"]);
    expect(await store.share("evicted")).toBe(false);
    expect(["deleted", "evicted", "kept"].map((key) => store.isOwed(key))).toEqual([false, false, false]);
    await store.close();
  });
});
