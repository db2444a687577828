import { describe, expect, it } from "vitest";
import { createMemoryStore } from "./memory-store.js";
import { blobStoreContract, storeOptions } from "./testing/blob-store-contract.js";

const MiB = 1024 * 1024;

describe("a store in memory", () => {
  blobStoreContract((options) => createMemoryStore(64 * MiB, options));

  it("holds its bound: the least recently used go first", async () => {
    const store = createMemoryStore(10_000, storeOptions());
    for (const key of ["a", "b"]) await store.set(key, new Uint8Array(4000));
    await store.get("a", 10_000);
    await store.set("c", new Uint8Array(4000));
    expect(await store.get("b", 10_000)).toBeUndefined();
    expect((await store.get("a", 10_000))?.byteLength).toBe(4000);
    expect((await store.get("c", 10_000))?.byteLength).toBe(4000);
    await store.close();
  });

  it("A5 keeps other owners' from one who puts more than its part here: its own go first", async () => {
    const evictedForShare: boolean[] = [];
    const store = createMemoryStore(100_000, {
      ...storeOptions(),
      onEvict: (isShare) => evictedForShare.push(isShare),
    });
    const others = ["b", "c", "d"];
    for (const owner of others) await store.set(`of ${owner}`, new Uint8Array(10_000), owner);
    for (let index = 0; index < 12; index++) await store.set(`of a ${index}`, new Uint8Array(20_000), "a");
    for (const owner of others) expect((await store.get(`of ${owner}`, 10_000))?.byteLength).toBe(10_000);
    expect(await store.has("of a 11")).toBe(true);
    expect(await store.has("of a 8")).toBe(false);
    expect(evictedForShare).toEqual(Array(9).fill(true));
    // Who holds most makes room for who comes, too.
    await store.set("of e", new Uint8Array(20_000), "e");
    expect(await store.has("of a 9")).toBe(false);
    expect(await store.has("of b")).toBe(true);
    expect(store.keptBytes).toBeLessThanOrEqual(100_000);
    await store.close();
  });

  it("A5 counts what is put here again once, for who put it last", async () => {
    const store = createMemoryStore(50_000, storeOptions());
    for (let times = 0; times < 10; times++) await store.set("of a", new Uint8Array(20_000), "a");
    await store.set("of b", new Uint8Array(20_000), "b");
    await store.set("of a", new Uint8Array(5000), "a");
    await store.set("of c", new Uint8Array(20_000), "c");
    expect(await store.has("of a")).toBe(true);
    expect(store.keptBytes).toBeGreaterThan(45_000);
    await store.close();
  });

  it("says that it did not keep what is larger than all of it, and keeps the rest", async () => {
    const store = createMemoryStore(10_000, storeOptions());
    await store.set("small", new Uint8Array(4000));
    expect(await store.set("large", new Uint8Array(10_001))).toBe(false);
    expect(await store.get("large", 10_000)).toBeUndefined();
    expect((await store.get("small", 10_000))?.byteLength).toBe(4000);
    // The bytes, and a little for the entry itself.
    expect(store.keptBytes).toBeGreaterThan(4000);
    expect(store.keptBytes).toBeLessThan(5000);
    await store.close();
  });

  it("gives up half of its bytes when asked, the least recently used first", async () => {
    let evicted = 0;
    const store = createMemoryStore(100_000, { ...storeOptions(), onEvict: () => evicted++ });
    for (const key of ["a", "b", "c", "d"]) await store.set(key, new Uint8Array(4000));
    await store.get("a", 10_000);
    store.shrink();
    expect(evicted).toBe(2);
    expect(await store.get("b", 10_000)).toBeUndefined();
    expect(await store.get("c", 10_000)).toBeUndefined();
    expect((await store.get("a", 10_000))?.byteLength).toBe(4000);
    expect((await store.get("d", 10_000))?.byteLength).toBe(4000);
    store.shrink();
    store.shrink();
    store.shrink();
    expect(evicted).toBe(4);
    await store.close();
  });

  it("holds its bound against many tiny entries and against views into large buffers, and tells what it drops", async () => {
    let evicted = 0;
    const store = createMemoryStore(100_000, { ...storeOptions(), onEvict: () => evicted++ });
    const large = new Uint8Array(1_000_000);
    for (let index = 0; index < 1000; index++) await store.set(`key ${index}`, large.subarray(index, index + 1));
    expect(evicted).toBeGreaterThan(500);
    const found = await store.get("key 999", 10_000);
    expect(found?.buffer.byteLength).toBe(1);
    await store.close();
  });
});
