import { Keyv } from "keyv";
import type { BlobStore, StoreEvents, StoreOperation } from "./blob-store.js";

export interface KeyvStoreOptions {
  /** Prefix of every key, with a colon between. */
  namespace: string;
  ttlMs: number;
  events: StoreEvents;
}

/** What Keyv stores in: keys come with their namespace. Values are bytes both ways. */
interface KeyvBackend {
  /** Of a value of more than `mostBytes` a few more than these. */
  get(key: string, mostBytes: number): Promise<Uint8Array | undefined> | Uint8Array | undefined;
  /** The first bytes of a value; none for a key that is not there. */
  head(key: string, length: number): Promise<Uint8Array | undefined> | Uint8Array | undefined;
  /** @returns false when the backend had no room. */
  set(key: string, bytes: Buffer, ttlMs: number, owner?: string): Promise<boolean> | boolean;
  has(key: string): Promise<boolean> | boolean;
  delete(key: string): Promise<boolean> | boolean;
  clear(): void;
  /** Drops what this process keeps under keys that begin so. */
  forget?(prefix: string): void;
}

/**
 * A blob store over any Keyv backend that takes and returns bytes. Keyv's own codec (base64 in JSON) is passed by, since
 * bytes stay as they are, and lifetimes are left to the backend.
 */
export class KeyvStore implements BlobStore {
  readonly #keyv: Keyv;
  readonly #backend: KeyvBackend;
  readonly #namespace: string;
  readonly #ttlMs: number;
  readonly #events: StoreEvents;
  #closed = false;

  constructor(backend: KeyvBackend, { namespace, ttlMs, events }: KeyvStoreOptions) {
    this.#backend = backend;
    this.#namespace = namespace;
    this.#ttlMs = ttlMs;
    this.#events = events;
    this.#keyv = new Keyv({
      store: backend,
      namespace,
      throwOnErrors: true,
    });
    // Every failed command throws as well; without a listener the event would end the process.
    this.#keyv.on("error", () => {});
  }

  /** Past Keyv, which knows whole values only; under the key that it makes. */
  get(key: string, mostBytes: number): Promise<Uint8Array | undefined> {
    return this.#attempt("get", async () => {
      const found = await this.#backend.get(this.#keyOf(key), mostBytes);
      this.#events.onLookup?.(found !== undefined);
      return found;
    });
  }

  /** Past Keyv as well. */
  head(key: string, length: number): Promise<Uint8Array | undefined> {
    return this.#attempt("head", async () => this.#backend.head(this.#keyOf(key), length));
  }

  /** Past Keyv, whose entries have no owner; what it would do is make text of the bytes. */
  async set(key: string, bytes: Uint8Array, owner?: string): Promise<boolean> {
    const kept = await this.#attempt("set", async () =>
      this.#backend.set(this.#keyOf(key), asBuffer(bytes), this.#ttlMs, owner),
    );
    return kept ?? false;
  }

  has(key: string): Promise<boolean | undefined> {
    return this.#attempt("has", () => this.#keyv.has(key));
  }

  async delete(key: string): Promise<void> {
    await this.#attempt("delete", () => this.#keyv.delete(key));
  }

  forget(prefix: string): void {
    this.#backend.forget?.(this.#keyOf(prefix));
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #keyOf(key: string): string {
    return `${this.#namespace}:${key}`;
  }

  async #attempt<T>(operation: StoreOperation, run: () => Promise<T>): Promise<T | undefined> {
    if (this.#closed) return undefined;
    try {
      return await run();
    } catch (error) {
      if (!this.#closed) this.#events.onError(operation, error);
      return undefined;
    }
  }
}

/** The same bytes, not a copy: the Redis client takes Buffers and refuses every other Uint8Array. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
