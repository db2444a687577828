import { Keyv } from "keyv";
import type { BlobStore, StoreEvents } from "./blob-store.js";

export interface KeyvStoreOptions {
  namespace: string;
  ttlMs: number;
  /** Longest wait for one command; the cache is soft, a slow answer is no answer. */
  timeoutMs: number;
  events: StoreEvents;
}

interface Backend {
  /** Drops the connection. */
  disconnect?: () => void;
}

/**
 * A blob store over any Keyv backend that takes and returns bytes. Keyv's own codec (base64 in JSON) is replaced by one
 * that leaves the bytes alone, and lifetimes are left to the backend.
 */
export class KeyvStore implements BlobStore {
  readonly #keyv: Keyv;
  readonly #options: KeyvStoreOptions & Backend;
  #closed = false;

  constructor(backend: object, options: KeyvStoreOptions & Backend) {
    this.#options = options;
    this.#keyv = new Keyv({
      store: backend,
      namespace: options.namespace,
      ttl: options.ttlMs,
      // Keyv types its codec for strings; at run time it hands on whatever the codec makes.
      // The Redis client takes Buffers and refuses every other Uint8Array.
      serialize: ({ value }) => asBuffer(value as Uint8Array) as unknown as string,
      throwOnErrors: true,
    });
    // Every failed command throws as well; without a listener the event would end the process.
    this.#keyv.on("error", () => {});
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    // Raw: Keyv would look for the envelope of its own codec.
    const value: unknown = await this.#attempt("get", () => this.#keyv.get(key, { raw: true }));
    return value instanceof Uint8Array ? value : undefined;
  }

  async set(key: string, bytes: Uint8Array): Promise<boolean> {
    return (await this.#attempt("set", () => this.#keyv.set(key, bytes))) ?? false;
  }

  async delete(key: string): Promise<void> {
    await this.#attempt("delete", () => this.#keyv.delete(key));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#options.disconnect?.();
  }

  async #attempt<T>(operation: "get" | "set" | "delete", run: () => Promise<T>): Promise<T | undefined> {
    // A late command would open the connection again.
    if (this.#closed) return undefined;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const { timeoutMs } = this.#options;
      timer = setTimeout(() => reject(new Error(`the cache did not answer within ${timeoutMs} ms`)), timeoutMs);
    });
    try {
      const answer = await Promise.race([run(), late]);
      this.#options.events.onAnswer?.();
      return answer;
    } catch (error) {
      this.#options.events.onError(operation, error);
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The same bytes, not a copy. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
