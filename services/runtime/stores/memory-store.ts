import { LRUCache } from "lru-cache";
import { halve } from "../limits/halve.js";
import { KeyvStore, type KeyvStoreOptions } from "./keyv-store.js";

/** What an entry costs beside its bytes and its key, roughly: tiny ones must count as well. */
const entryBytes = 200;

export interface MemoryStoreOptions extends KeyvStoreOptions {
  /** Something was dropped for want of room. */
  onEvict?(): void;
}

export interface MemoryStore {
  readonly keptBytes: number;
  /** Gives up half of what it holds. */
  shrink(): void;
}

/** A store in this process, bounded by bytes, least recently used out first. */
export function createMemoryStore(maxBytes: number, options: MemoryStoreOptions): KeyvStore & MemoryStore {
  const lru = new LRUCache<string, Uint8Array>({
    maxSize: maxBytes,
    sizeCalculation: (bytes, key) => bytes.byteLength + 2 * key.length + entryBytes,
    ttl: options.ttlMs,
    dispose: (_bytes, _key, reason) => {
      if (reason === "evict") options.onEvict?.();
    },
  });
  const store = new KeyvStore(
    {
      get: (key, mostBytes) => lru.get(key)?.subarray(0, mostBytes + 1),
      head: (key, length) => lru.get(key)?.subarray(0, length),
      // A blob over the whole bound is not kept; lru-cache ignores it, and so must the caller know.
      set: (key, bytes) => lru.set(key, compact(bytes)).has(key),
      has: (key) => lru.has(key),
      delete: (key) => lru.delete(key),
      clear: () => lru.clear(),
    },
    options,
  );
  const memory = {
    get keptBytes() {
      return lru.calculatedSize;
    },
    shrink: () => halve(lru),
  };
  return Object.defineProperties(store, Object.getOwnPropertyDescriptors(memory)) as KeyvStore & MemoryStore;
}

/** A view would keep all of the memory that it looks into. */
function compact(bytes: Buffer): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}
