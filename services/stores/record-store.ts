import type { Logger } from "../runtime/logger.js";
import { RecordError } from "../sam/record-error.js";
import type { BlobStore } from "./blob-store.js";
import type { LookupMetrics } from "./lookup-metrics.js";

/** Records in a blob store. One that cannot be used is a miss: counted, removed, never used. */
export class RecordStore {
  readonly #blobs: BlobStore;
  readonly #metrics: LookupMetrics;
  readonly #logger: Logger;

  constructor(blobs: BlobStore, metrics: LookupMetrics, logger: Logger) {
    this.#blobs = blobs;
    this.#metrics = metrics;
    this.#logger = logger;
  }

  /**
   * @param mostBytes of the largest record that can be used.
   * @param read makes something of the bytes, or throws a RecordError. One that is too long has it.
   */
  async get<T>(key: string, mostBytes: number, read: (bytes: Uint8Array) => T | Promise<T>): Promise<T | undefined> {
    return this.#lookUp(key, await this.#blobs.get(key, mostBytes), read);
  }

  /**
   * As `get`, of a record that may be large and says so itself: no more is read than it says.
   * @param sizeOf the record's bytes by its first `headBytes`; throws a RecordError when they are too many.
   */
  async getSized<T>(
    key: string,
    headBytes: number,
    sizeOf: (start: Uint8Array) => number,
    read: (bytes: Uint8Array) => T | Promise<T>,
  ): Promise<T | undefined> {
    return this.#lookUp(key, await this.#blobs.head(key, headBytes), async (start) => {
      const whole = await this.#blobs.get(key, sizeOf(start));
      // It was there a moment ago.
      if (!whole) throw new RecordError("truncated");
      return read(whole);
    });
  }

  /**
   * The same of its first bytes alone, at the cost of those.
   * @param isLookup false: counts as no look-up unless it is rejected.
   */
  async head<T>(
    key: string,
    length: number,
    { isLookup }: { isLookup: boolean },
    read: (bytes: Uint8Array) => T | Promise<T>,
  ): Promise<T | undefined> {
    const bytes = await this.#blobs.head(key, length);
    return isLookup ? this.#lookUp(key, bytes, read) : bytes && this.check(key, bytes, read);
  }

  /** What `read` makes of bytes that were found under the key; when it throws a RecordError they are counted and removed. */
  async check<T>(key: string, bytes: Uint8Array, read: (bytes: Uint8Array) => T | Promise<T>): Promise<T | undefined> {
    try {
      return await read(bytes);
    } catch (err) {
      if (!(err instanceof RecordError)) throw err;
      this.#metrics.rejected(err.fault);
      this.#logger.warn({ err, key: shortened(key) }, "record rejected; it will be made again");
      await this.#blobs.delete(key);
      return undefined;
    }
  }

  /** @returns false when the store could not keep it. */
  set(key: string, bytes: Uint8Array, owner: string | undefined): Promise<boolean> {
    return this.#blobs.set(key, bytes, owner);
  }

  delete(key: string): Promise<void> {
    return this.#blobs.delete(key);
  }

  async #lookUp<T>(
    key: string,
    bytes: Uint8Array | undefined,
    read: (bytes: Uint8Array) => T | Promise<T>,
  ): Promise<T | undefined> {
    if (!bytes) this.#metrics.miss();
    const found = bytes && (await this.check(key, bytes, read));
    if (found) this.#metrics.hit();
    return found;
  }
}

/** A picture's whole id lets who reads it ask for its masks. */
function shortened(key: string): string {
  return key.replace(/(sha256:[0-9a-f]{12})[0-9a-f]+/, "$1");
}
