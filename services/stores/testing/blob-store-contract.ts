import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { expect, it } from "vitest";
import type { BlobStore, StoreEvents } from "../blob-store.js";
import type { KeyvStoreOptions } from "../keyv-store.js";

/** How a suite makes the store it tests; every call gives a store over the same backend. */
type OpenStore = (options: KeyvStoreOptions) => Promise<BlobStore> | BlobStore;

interface Recorded extends StoreEvents {
  errors: { operation: string; error: unknown }[];
  /** Resolves with the next error. */
  next(): Promise<unknown>;
}

/** Store events that a test can read and wait for. */
function recordEvents(): Recorded {
  const target = new EventTarget();
  const errors: Recorded["errors"] = [];
  return {
    errors,
    onError(operation, error) {
      errors.push({ operation, error });
      target.dispatchEvent(new Event("failure"));
    },
    next: () => once(target, "failure"),
  };
}

export const storeOptions = (changes: Partial<KeyvStoreOptions> = {}): KeyvStoreOptions => ({
  namespace: `test-${randomUUID()}`,
  ttlMs: 60_000,
  events: recordEvents(),
  ...changes,
});

/** More than any test sets. */
const most = 64 * 1024 * 1024;

/** What every blob store keeps to, whatever holds its bytes. */
export function blobStoreContract(open: OpenStore): void {
  const use = async (options: KeyvStoreOptions, test: (store: BlobStore) => Promise<void>) => {
    const store = await open(options);
    try {
      await test(store);
    } finally {
      await store.close();
    }
  };

  it.each([
    ["every byte", Uint8Array.from({ length: 256 }, (_, byte) => byte)],
    ["bytes that are not UTF-8", Uint8Array.of(0xc3, 0x28, 0xff, 0xfe, 0)],
    ["2 MiB of noise", new Uint8Array(randomBytes(2 * 1024 * 1024))],
    ["a view into a larger buffer", new Uint8Array(randomBytes(100).buffer, 3, 50)],
  ])("gives back %s exactly as it was", (_name, bytes) =>
    use(storeOptions(), async (store) => {
      expect(await store.set("key", bytes)).toBe(true);
      const found = await store.get("key", most);
      expect(found).toBeInstanceOf(Uint8Array);
      expect(Buffer.compare(found as Uint8Array, bytes)).toBe(0);
    }),
  );

  it("knows nothing of a key that was never set", () =>
    use(storeOptions(), async (store) => {
      expect(await store.get("nothing", most)).toBeUndefined();
      expect(await store.has("nothing")).toBeFalsy();
      await store.delete("nothing");
    }));

  it("gives the first bytes of a value, and none of what is not there", () =>
    use(storeOptions(), async (store) => {
      await store.set("key", Uint8Array.of(1, 2, 3, 4));
      for (const [length, expected] of [
        [1, [1]],
        [3, [1, 2, 3]],
        [100, [1, 2, 3, 4]],
      ] as const) {
        expect([...((await store.head("key", length)) ?? [])]).toEqual(expected);
      }
      expect(await store.head("nothing", 10)).toBeUndefined();
    }));

  it("gives of a value that is longer than was asked for a little more than that, and of no other less than all", () =>
    use(storeOptions(), async (store) => {
      const bytes = new Uint8Array(randomBytes(100));
      await store.set("key", bytes);
      for (const mostBytes of [100, 101, 5000]) {
        expect(Buffer.compare((await store.get("key", mostBytes)) as Uint8Array, bytes)).toBe(0);
      }
      for (const mostBytes of [1, 99]) expect((await store.get("key", mostBytes))?.byteLength).toBe(mostBytes + 1);
    }));

  it("replaces and deletes", () =>
    use(storeOptions(), async (store) => {
      await store.set("key", Uint8Array.of(1));
      await store.set("key", Uint8Array.of(2));
      expect([...((await store.get("key", most)) ?? [])]).toEqual([2]);
      expect(await store.has("key")).toBe(true);
      await store.delete("key");
      expect(await store.get("key", most)).toBeUndefined();
      expect(await store.has("key")).toBeFalsy();
    }));

  it("keeps keys with the characters of an embedding's key apart", () =>
    use(storeOptions(), async (store) => {
      const keys = ["sha256:aa:model:p1:float16", "sha256:aa:model:p2:float16", "sha256:aa", "ä*?[x] y"];
      for (const [index, key] of keys.entries()) await store.set(key, Uint8Array.of(index));
      for (const [index, key] of keys.entries()) expect([...((await store.get(key, most)) ?? [])]).toEqual([index]);
    }));

  it("forgets after its lifetime", () =>
    use(storeOptions({ ttlMs: 20 }), async (store) => {
      await store.set("key", Uint8Array.of(1));
      // There is no event for it: asked again until it is gone.
      while (await store.get("key", most)) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(await store.get("key", most)).toBeUndefined();
    }));

  it("reports no error in all of this and stays silent once closed", async () => {
    const events = recordEvents();
    const store = await open(storeOptions({ events }));
    await store.set("key", Uint8Array.of(1));
    await store.get("key", most);
    await store.close();
    expect(await store.get("key", most)).toBeUndefined();
    expect(await store.has("key")).toBeUndefined();
    expect(await store.set("key", Uint8Array.of(1))).toBe(false);
    await store.delete("key");
    await store.close();
    expect(events.errors).toEqual([]);
  });
}

/** What holds where processes share a backend. */
export function sharedStoreContract(open: OpenStore): void {
  it("shares keys between stores of one namespace and keeps namespaces apart", async () => {
    const options = storeOptions();
    const stores = await Promise.all([open(options), open(options), open(storeOptions())]);
    const [one, two, other] = stores as [BlobStore, BlobStore, BlobStore];
    await one.set("key", Uint8Array.of(7));
    expect([...((await two.get("key", most)) ?? [])]).toEqual([7]);
    expect(await other.get("key", most)).toBeUndefined();
    await other.set("key", Uint8Array.of(8));
    await other.delete("key");
    expect([...((await one.get("key", most)) ?? [])]).toEqual([7]);
    for (const store of stores) await store.close();
  });
}
