import type { LRUCache } from "lru-cache";

/** Drops what was used longest ago until half of the bytes are left. */
export function halve<K extends {}, V extends {}>(cache: LRUCache<K, V>): void {
  for (const most = cache.calculatedSize / 2; cache.calculatedSize > most; cache.pop());
}
