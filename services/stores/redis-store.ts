import type { CacheConnection } from "./cache-connection.js";
import { KeyvStore, type KeyvStoreOptions } from "./keyv-store.js";

/**
 * A store in Redis or Valkey, shared by every process that uses the same cache. Bounds and eviction are the server's
 * (`maxmemory`). The connection stays its owner's: closing the store leaves it open.
 */
export function createRedisStore(connection: CacheConnection, options: KeyvStoreOptions): KeyvStore {
  return new KeyvStore(
    {
      get: (key, mostBytes) => connection.get(key, mostBytes),
      head: (key, length) => connection.head(key, length),
      set: async (key, bytes, ttlMs) => {
        await connection.set(key, bytes, ttlMs);
        return true;
      },
      has: (key) => connection.has(key),
      delete: (key) => connection.delete(key),
      // Other processes share the server: nobody clears it from here.
      clear: () => {},
    },
    options,
  );
}
