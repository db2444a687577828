import type { BlobStore } from "./blob-store.js";

/**
 * A store of this process in front of a shared one. While the shared one is down the process goes on with what it keeps
 * itself; what it stored meanwhile the others do not have.
 */
export class LayeredStore implements BlobStore {
  readonly #near: BlobStore;
  readonly #shared: BlobStore;

  constructor(near: BlobStore, shared: BlobStore) {
    this.#near = near;
    this.#shared = shared;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const near = await this.#near.get(key);
    if (near) return near;
    const shared = await this.#shared.get(key);
    if (shared) await this.#near.set(key, shared);
    return shared;
  }

  /** Keeps the bytes in both. @returns false when neither kept them. */
  async set(key: string, bytes: Uint8Array): Promise<boolean> {
    const kept = await Promise.all([this.#near.set(key, bytes), this.#shared.set(key, bytes)]);
    return kept.includes(true);
  }

  async delete(key: string): Promise<void> {
    await Promise.all([this.#near.delete(key), this.#shared.delete(key)]);
  }

  async close(): Promise<void> {
    await Promise.all([this.#near.close(), this.#shared.close()]);
  }
}
