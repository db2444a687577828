import { LRUCache } from "lru-cache";
import { Forgotten } from "../../inference/forgotten.js";
import { halve } from "../../runtime/limits/halve.js";
import { longestTimerMs } from "../../runtime/longest-timer.js";
import type { OtherPicture } from "../worker/decoder-tasks.js";

/**
 * What is remembered of objects in the frames of videos, bounded by bytes. All of it can be made again of a frame and a mask: it is a
 * cache like that of embeddings, and lost with its process.
 */
export class MemoryCache {
  readonly #cache: LRUCache<string, SharedArrayBuffer>;
  readonly #forgotten = new Forgotten();
  #evictions = 0;
  #found = 0;
  #missed = 0;

  /** @param options `ttlMs`: how long one is kept. */
  constructor({ maxBytes, ttlMs }: { maxBytes: number; ttlMs: number }) {
    this.#cache = new LRUCache({
      maxSize: maxBytes,
      ttl: Math.min(ttlMs, longestTimerMs),
      ttlAutopurge: true,
      sizeCalculation: ({ byteLength }) => byteLength,
      dispose: (_value, _key, reason) => {
        if (reason === "evict") this.#evictions++;
      },
    });
  }

  /** @param key of a picture's embedding. @param name of what is remembered there. */
  find(key: string, name: string): SharedArrayBuffer | undefined {
    const found = this.#cache.get(`${key} ${name}`);
    if (found) this.#found++;
    else this.#missed++;
    return found;
  }

  /** Of a picture that was not deleted meanwhile. */
  keep({ key, asOf }: Pick<OtherPicture, "key" | "asOf">, name: string, memory: SharedArrayBuffer): void {
    if (!this.#forgotten.isGone(key, asOf)) this.#cache.set(`${key} ${name}`, memory);
  }

  /** Drops what is of pictures whose keys begin so. @param number of the deletion, as embeddings know it. */
  forget(prefix: string, number: number): void {
    this.#forgotten.note(prefix, number);
    for (const key of [...this.#cache.keys()]) if (key.startsWith(prefix)) this.#cache.delete(key);
  }

  /** Gives up half of what it holds, least recently used first. */
  shrink(): void {
    halve(this.#cache);
  }

  get bytes(): number {
    return this.#cache.calculatedSize;
  }

  /** What was looked for and was here, what was not, and what had to make room for others. */
  get counts(): { readonly found: number; readonly missed: number; readonly evicted: number } {
    return { found: this.#found, missed: this.#missed, evicted: this.#evictions };
  }
}
