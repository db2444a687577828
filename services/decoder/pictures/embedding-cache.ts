import { LRUCache } from "lru-cache";
import { Forgotten } from "../../inference/forgotten.js";
import { draftKeyOf, type EmbeddingRef } from "../../inference/models/embedding-ref.js";
import type { PictureSet } from "../../inference/picture-set.js";
import { Code, ServiceError } from "../../runtime/errors.js";
import { halve } from "../../runtime/limits/halve.js";
import { longestTimerMs } from "../../runtime/longest-timer.js";
import type { EmbeddingHeader } from "../../sam/embedding-record.js";
import type { PictureSize } from "../../sam/prompts/check-prompt.js";
import type { EmbeddingStore } from "../../stores/embedding-store.js";

/** An embedding that every worker thread can read without a copy. Its tensors are verified by each that prepares them. */
export interface SharedEmbedding {
  ref: EmbeddingRef;
  /** Size of what was encoded: the upright picture, or a part of it. */
  width: number;
  height: number;
  /** The upright picture. */
  picture: PictureSize;
  record: SharedArrayBuffer;
  /** Number of the latest deletion when it came (see `Forgotten`). */
  asOf: number;
}

interface CacheOptions {
  maxBytes: number;
  /** After so long a picture is read from the store again. */
  ttlMs: number;
  /** For so long after a deletion what comes from elsewhere may be from before. */
  refuseMs: number;
}

/** The embeddings of pictures that people work on now, in this process, bounded by bytes; behind it the shared store. */
export class EmbeddingCache {
  readonly #cache: LRUCache<string, SharedEmbedding>;
  readonly #store: EmbeddingStore;
  #evictions = 0;
  readonly #rejected = new WeakMap<SharedEmbedding, Promise<void>>();
  readonly #forgotten = new Forgotten();
  readonly #refuseMs: number;
  readonly #loading = new Map<string, Promise<SharedEmbedding | undefined>>();

  constructor(store: EmbeddingStore, { maxBytes, ttlMs, refuseMs }: CacheOptions) {
    this.#store = store;
    this.#refuseMs = refuseMs;
    this.#cache = new LRUCache({
      maxSize: maxBytes,
      ttl: Math.min(ttlMs, longestTimerMs),
      ttlAutopurge: true,
      sizeCalculation: ({ record }) => record.byteLength,
      dispose: (_value, _key, reason) => {
        if (reason === "evict") this.#evictions++;
      },
    });
  }

  /** Embeddings that had to make room for others. */
  get evictions(): number {
    return this.#evictions;
  }

  get maxBytes(): number {
    return this.#cache.maxSize;
  }

  get bytes(): number {
    return this.#cache.calculatedSize;
  }

  /** Gives up half of what it holds, least recently used first. */
  shrink(): void {
    halve(this.#cache);
  }

  /** @returns the embedding and whether it was here already; undefined when neither this process nor the store has it. */
  async get(ref: EmbeddingRef): Promise<{ embedding: SharedEmbedding; local: boolean } | undefined> {
    const { key } = ref;
    const local = this.#cache.get(key);
    if (local) return { embedding: local, local: true };
    // A look that began before we were asked may have missed what was stored since: its miss is not ours.
    const before = this.#loading.get(key);
    const shared = before && (await before);
    const embedding = shared ?? (await (this.#loading.get(key) ?? this.#load(ref)));
    return embedding && { embedding, local: false };
  }

  /** Whether `get` needs nobody else. */
  has({ key }: EmbeddingRef): boolean {
    return this.#cache.has(key);
  }

  /** Number of the latest deletion, for `put`. */
  get asOf(): number {
    return this.#forgotten.count;
  }

  /**
   * Takes one that the store does not have.
   * @param asOf number of the latest deletion when it was begun to be sent.
   * @returns false when it is larger than all that may be kept.
   * @throws RecordError when the record is damaged or another's; ServiceError NOT_FOUND when it was deleted meanwhile, or so lately
   *   that it may be from before.
   */
  put(ref: EmbeddingRef, record: Uint8Array, asOf: number): boolean {
    if (this.#forgotten.isGone(ref.key, asOf) || this.#forgotten.wasJustDeleted(ref.key, this.#refuseMs)) {
      throw new ServiceError({ code: Code.NOT_FOUND, message: "The picture was deleted." });
    }
    const header = this.#store.verify(record, ref);
    this.#keep(share(ref, header, record, this.asOf));
    return this.#cache.has(ref.key);
  }

  /** Drops a set of pictures; what is under way does not put them back. @returns the number of this deletion. */
  forget({ prefix }: PictureSet): number {
    const number = this.#forgotten.note(prefix);
    for (const key of [...this.#cache.keys()]) if (key.startsWith(prefix)) this.#cache.delete(key);
    return number;
  }

  /** Whether its picture was deleted since it came. */
  isGone({ ref, asOf }: SharedEmbedding): boolean {
    return this.#forgotten.isGone(ref.key, asOf);
  }

  /**
   * A worker has found its tensors damaged: it is forgotten here and in the store, which has it made again. What has taken
   * its place meanwhile stays here.
   */
  async reject(embedding: SharedEmbedding): Promise<void> {
    // All who had it at once find it damaged; one of them is enough.
    if (this.#rejected.has(embedding)) return this.#rejected.get(embedding);
    const { ref, record } = embedding;
    if (this.#cache.peek(ref.key) === embedding) this.#cache.delete(ref.key);
    const removed = this.#store.reject(ref, new Uint8Array(record));
    this.#rejected.set(embedding, removed);
    return removed;
  }

  /** The final one takes the place of its draft. */
  #keep(embedding: SharedEmbedding): void {
    const { key } = embedding.ref;
    this.#cache.delete(draftKeyOf(key));
    this.#cache.set(key, embedding);
  }

  #load(ref: EmbeddingRef): Promise<SharedEmbedding | undefined> {
    const { key } = ref;
    const { asOf } = this;
    const loading = this.#store
      .getUnverified(ref)
      .then((stored) => {
        if (!stored || this.#forgotten.isGone(key, asOf)) return undefined;
        const embedding = share(ref, stored.header, stored.record, asOf);
        this.#keep(embedding);
        return embedding;
      })
      .finally(() => this.#loading.delete(key));
    this.#loading.set(key, loading);
    return loading;
  }
}

function share(ref: EmbeddingRef, header: EmbeddingHeader, bytes: Uint8Array, asOf: number): SharedEmbedding {
  const record = new SharedArrayBuffer(bytes.byteLength);
  new Uint8Array(record).set(bytes);
  const { width, height } = header.crop ?? header;
  const picture = { width: header.width, height: header.height };
  return { ref, width, height, picture, record, asOf };
}
