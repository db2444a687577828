import { describe, expect, it } from "vitest";
import { blobStoreContract, storeOptions } from "./blob-store-contract.js";
import { createMemoryStore } from "./memory-store.js";

const MiB = 1024 * 1024;

describe("a store in memory", () => {
  blobStoreContract((options) => createMemoryStore(64 * MiB, options));

  it("holds its bound: the least recently used go first", async () => {
    const store = createMemoryStore(1000, storeOptions());
    for (const key of ["a", "b"]) await store.set(key, new Uint8Array(400));
    await store.get("a");
    await store.set("c", new Uint8Array(400));
    expect(await store.get("b")).toBeUndefined();
    expect((await store.get("a"))?.byteLength).toBe(400);
    expect((await store.get("c"))?.byteLength).toBe(400);
    await store.close();
  });

  it("says that it did not keep what is larger than all of it, and keeps the rest", async () => {
    const store = createMemoryStore(1000, storeOptions());
    await store.set("small", new Uint8Array(400));
    expect(await store.set("large", new Uint8Array(1001))).toBe(false);
    expect(await store.get("large")).toBeUndefined();
    expect((await store.get("small"))?.byteLength).toBe(400);
    await store.close();
  });
});
