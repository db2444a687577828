import { LRUCache } from "lru-cache";
import { tenantInKey } from "../runtime/callers/tenant.js";
import { halve } from "../runtime/limits/halve.js";
import type { Holder } from "../runtime/limits/shares.js";
import { KeyvStore, type KeyvStoreOptions } from "./keyv-store.js";
import { OwnedBytes } from "./owned-bytes.js";

/** What an entry costs beside its bytes and its key, roughly: tiny ones must count as well. */
const entryBytes = 200;

interface MemoryStoreOptions extends KeyvStoreOptions {
  /** Something was dropped for want of room. @param isShare in place of something older, of an owner who holds less. */
  onEvict?(isShare: boolean): void;
}

export interface MemoryStore {
  readonly keptBytes: number;
  /** Gives up half of what it holds. */
  shrink(): void;
}

/** Entries that nobody in particular has put here count as one owner's. */
const nobody = "";

/** A store in this process, bounded by bytes. Owners share it: see `OwnedBytes`. */
export function createMemoryStore(maxBytes: number, options: MemoryStoreOptions): KeyvStore & MemoryStore {
  const owned = new OwnedBytes();
  const sizeOf = (bytes: Uint8Array, key: string) => bytes.byteLength + 2 * key.length + entryBytes;
  const lru = new LRUCache<string, Uint8Array>({
    maxSize: maxBytes,
    sizeCalculation: sizeOf,
    ttl: options.ttlMs,
    dispose: (_bytes, key, reason) => {
      owned.remove(key);
      if (reason === "evict") options.onEvict?.(false);
    },
  });
  const find = (key: string) => {
    const found = lru.get(key);
    if (found) owned.touch(key);
    return found;
  };
  const makeRoom = (bytes: number, owner: Holder) => {
    while (lru.calculatedSize + bytes > maxBytes) {
      const next = owned.nextToGo(owner, bytes);
      if (!next) return;
      const [oldest] = lru.rkeys();
      lru.delete(next);
      options.onEvict?.(next !== oldest);
    }
  };
  const store = new KeyvStore(
    {
      get: (key, mostBytes) => find(key)?.subarray(0, mostBytes + 1),
      head: (key, length) => find(key)?.subarray(0, length),
      set: (key, bytes, _ttlMs, caller = nobody) => {
        lru.delete(key);
        const size = sizeOf(bytes, key);
        if (size > maxBytes) return false;
        const owner = { caller, tenant: tenantInKey(key) };
        makeRoom(size, owner);
        lru.set(key, compact(bytes));
        owned.add(key, owner, size);
        return true;
      },
      has: (key) => lru.has(key),
      delete: (key) => lru.delete(key),
      clear: () => lru.clear(),
      forget: (prefix) => {
        for (const key of [...lru.keys()]) if (key.startsWith(prefix)) lru.delete(key);
      },
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
