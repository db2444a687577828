import { Forgotten } from "../inference/forgotten.js";
import type { BlobStore } from "./blob-store.js";

/** Keys that are remembered as kept here only. One that is forgotten is offered again when it is next asked for. */
const maxOwed = 10_000;

/** Between two tries to hand on what is owed. */
const settleMs = 1000;

/**
 * A store of this process in front of a shared one. While the shared one is down the process goes on with what it keeps
 * itself, and hands that on when the shared one is back.
 */
export class LayeredStore implements BlobStore {
  readonly #near: BlobStore;
  readonly #shared: BlobStore;
  readonly #settleMs: number;
  /** What the shared one did not keep. */
  readonly #owed = new Set<string>();
  readonly #forgotten = new Forgotten();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param retryMs between two tries to hand on what the shared one did not take. */
  constructor(near: BlobStore, shared: BlobStore, { retryMs = settleMs } = {}) {
    this.#near = near;
    this.#shared = shared;
    this.#settleMs = retryMs;
  }

  async get(key: string, mostBytes: number): Promise<Uint8Array | undefined> {
    const near = await this.#near.get(key, mostBytes);
    if (near) return near;
    const { count } = this.#forgotten;
    const shared = await this.#shared.get(key, mostBytes);
    if (this.#forgotten.isGone(key, count)) return undefined;
    if (shared) await this.#near.set(key, shared);
    return shared;
  }

  async head(key: string, length: number): Promise<Uint8Array | undefined> {
    return (await this.#near.head(key, length)) ?? this.#shared.head(key, length);
  }

  async has(key: string): Promise<boolean | undefined> {
    return (await this.#near.has(key)) || this.#shared.has(key);
  }

  /** Keeps the bytes in both. @returns false when neither kept them. */
  async set(key: string, bytes: Uint8Array, owner?: string): Promise<boolean> {
    const [near, shared] = await Promise.all([this.#near.set(key, bytes, owner), this.#shared.set(key, bytes, owner)]);
    if (near && !shared) this.#owe(key);
    else this.#owed.delete(key);
    return near || shared;
  }

  /** True when this process keeps what the shared one did not take. */
  isOwed(key: string): boolean {
    return this.#owed.has(key);
  }

  /**
   * Sees to it that others can read what is kept here: a shared one that has forgotten it is given it again.
   * @returns whether the shared one has it now. Never throws.
   */
  async share(key: string): Promise<boolean> {
    const isThere = await this.#shared.has(key);
    // One that cannot say need not be sent megabytes.
    if (isThere === undefined) return false;
    return isThere ? this.#settled(key) : this.#give(key);
  }

  async delete(key: string): Promise<void> {
    this.#owed.delete(key);
    await Promise.all([this.#near.delete(key), this.#shared.delete(key)]);
  }

  forget(prefix: string): void {
    this.#forgotten.note(prefix);
    for (const key of [...this.#owed]) if (key.startsWith(prefix)) this.#owed.delete(key);
    this.#near.forget(prefix);
    this.#shared.forget(prefix);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await Promise.all([this.#near.close(), this.#shared.close()]);
  }

  /** Gives the shared one what it did not take, one after the other, for as long as it takes it. */
  async #settle(): Promise<void> {
    // The newest first: what people work on now.
    for (const key of [...this.#owed].reverse()) {
      // Asked first: one that does not answer need not be sent megabytes.
      if (this.#closed || (await this.#shared.has(key)) === undefined) return;
      if (this.#owed.has(key) && !(await this.#give(key)) && this.#owed.has(key)) return;
    }
  }

  #settleLater(): void {
    if (this.#closed || this.#timer || this.#owed.size === 0) return;
    this.#timer = setTimeout(async () => {
      await this.#settle();
      this.#timer = undefined;
      this.#settleLater();
    }, this.#settleMs).unref();
  }

  async #give(key: string): Promise<boolean> {
    const { count } = this.#forgotten;
    // All that was put here: it was bounded then.
    const bytes = await this.#near.get(key, Number.POSITIVE_INFINITY);
    if (!bytes) {
      this.#owed.delete(key);
      return false;
    }
    const isGiven = await this.#shared.set(key, bytes);
    if (this.#forgotten.isGone(key, count)) {
      await this.#shared.delete(key);
      return false;
    }
    return isGiven && this.#settled(key);
  }

  #settled(key: string): true {
    this.#owed.delete(key);
    return true;
  }

  #owe(key: string): void {
    this.#owed.delete(key);
    this.#owed.add(key);
    this.#settleLater();
    for (const oldest of this.#owed) {
      if (this.#owed.size <= maxOwed) return;
      this.#owed.delete(oldest);
    }
  }
}
