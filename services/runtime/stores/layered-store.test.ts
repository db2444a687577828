import { describe, expect, it } from "vitest";
import { blobStoreContract, storeOptions } from "./blob-store-contract.js";
import { LayeredStore } from "./layered-store.js";
import { createMemoryStore } from "./memory-store.js";

const bytes = Uint8Array.of(1, 2, 3);
const memory = (maxBytes = 1 << 20) => createMemoryStore(maxBytes, storeOptions());

/** Memory hands back Buffers. */
const found = async (store: LayeredStore) => [...((await store.get("key")) ?? [])];

/** A shared store that is down. */
const down = {
  get: async () => undefined,
  set: async () => false,
  delete: async () => {},
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
    expect(await store.get("key")).toBeUndefined();
  });

  it("says that nothing was kept when neither could", async () => {
    expect(await new LayeredStore(memory(2), down).set("key", bytes)).toBe(false);
  });

  it("keeps in the shared one what it has no room for", async () => {
    const shared = memory();
    const store = new LayeredStore(memory(2), shared);
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
