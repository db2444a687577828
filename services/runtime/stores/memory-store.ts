import { LRUCache } from "lru-cache";
import { KeyvStore, type KeyvStoreOptions } from "./keyv-store.js";

/** A store in this process, bounded by bytes, least recently used out first. */
export function createMemoryStore(maxBytes: number, options: KeyvStoreOptions): KeyvStore {
  const lru = new LRUCache<string, Uint8Array>({
    maxSize: maxBytes,
    sizeCalculation: (bytes) => Math.max(1, bytes.byteLength),
    ttl: options.ttlMs,
  });
  return new KeyvStore(
    {
      get: (key: string) => lru.get(key),
      // A blob over the whole bound is not kept; lru-cache ignores it, and so must the caller know.
      set: (key: string, bytes: Uint8Array) => lru.set(key, bytes).has(key),
      has: (key: string) => lru.has(key),
      delete: (key: string) => lru.delete(key),
      clear: () => lru.clear(),
    },
    options,
  );
}
