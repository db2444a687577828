import { randomUUID } from "node:crypto";
import { type PictureSet, pictureSet } from "../inference/picture-set.js";
import type { BlobStore } from "./blob-store.js";
import type { PictureRef } from "./image-store.js";
import type { LeaseKeys } from "./lease-keys.js";

interface DeletionOptions {
  /** Where pictures and embeddings are kept. */
  stores: readonly BlobStore[];
  /** Where leases are, and all that is shared. */
  keys: LeaseKeys;
  namespace: string;
  /** How long others who have something of it under way can find that it was deleted. */
  termMs: number;
}

/** Bytes of the note that a set of pictures was deleted. */
const noteBytes = 36;

/**
 * Deletes what is kept of a set of pictures. For a while a note says so, by which processes that were not told know that
 * what they have under way is to be thrown away.
 */
export class PictureDeletion {
  readonly #options: DeletionOptions;

  constructor(options: DeletionOptions) {
    this.#options = options;
  }

  /** Drops what this process keeps. */
  forget({ prefix }: PictureSet): void {
    for (const store of this.#options.stores) store.forget(prefix);
  }

  /** Drops it in the shared cache too, leases and all. @throws Error when not all of it is certain to be gone. */
  async delete(pictures: PictureSet): Promise<void> {
    const { keys, namespace, termMs } = this.#options;
    const { prefix, tenant } = pictures;
    this.forget(pictures);
    // First: what is published after the look for its keys finds the note.
    await keys.set(this.#noteOf(pictures), randomUUID(), termMs);
    const kept = ["embedding", "image", "lease"].map((kind) => `${namespace}:${kind}:${prefix}`);
    const twins: string[] = [];
    await keys.deleteAll(`${namespace}:*:${prefix}*`, (key) => {
      const isMeant = kept.some((start) => key.startsWith(start));
      const own = `${namespace}:embedding:t=${tenant}:`;
      if (isMeant && key.startsWith(own)) twins.push(`${namespace}:twin:${key.slice(own.length)}`);
      return isMeant;
    });
    // What says that this tenant has it, too (see `Twins`).
    if (tenant !== undefined) await Promise.all(twins.map((key) => keys.deleteIfEqual(key, tenant)));
  }

  /**
   * Which deletion of a picture was the latest, as far as that can be told: who finds another after he has published
   * something than before he began takes it back. Never throws.
   */
  async latest({ tenant, imageId }: PictureRef): Promise<string> {
    const { keys } = this.#options;
    const notes = [pictureSet(tenant, imageId), pictureSet(tenant, undefined)].map(async (set) =>
      String((await keys.head(this.#noteOf(set), noteBytes)) ?? ""),
    );
    try {
      return (await Promise.all(notes)).join();
    } catch {
      // Nothing could be deleted in a cache that does not answer.
      return ",";
    }
  }

  #noteOf({ prefix }: PictureSet): string {
    return `${this.#options.namespace}:deleted:${prefix}`;
  }
}
