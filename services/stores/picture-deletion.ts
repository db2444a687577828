import { randomUUID } from "node:crypto";
import { type PictureSet, pictureSet, prefixesOf } from "../inference/picture-set.js";
import { keyOfTenant } from "../runtime/callers/tenant.js";
import { Code, ServiceError } from "../runtime/errors.js";
import type { BlobStore } from "./blob-store.js";
import type { DurablePictures, PictureRef } from "./image-store.js";
import type { LeaseKeys } from "./lease-keys.js";
import { Sweeps } from "./sweeps.js";

interface DeletionOptions {
  /** Where pictures and embeddings are kept. */
  stores: readonly BlobStore[];
  /** Where leases are, and all that is shared. */
  keys: LeaseKeys;
  namespace: string;
  /** How long others who have something of it under way can find that it was deleted. */
  termMs: number;
  /** Where data sets' pictures are kept for good. */
  durable?: DurablePictures | undefined;
}

/** Keys of something of a picture that are known without a look at all there are, as its stores name them. */
export interface KnownKeys {
  readonly images: readonly string[];
  readonly embeddings: readonly string[];
}

/** Bytes of the note that a set of pictures was deleted. */
const noteBytes = 36;

/**
 * Deletes what is kept of a set of pictures. For a while a note says so, by which processes that were not told know that
 * what they have under way is to be thrown away.
 */
export class PictureDeletion {
  readonly #options: DeletionOptions;
  readonly #sweeps: Sweeps<PictureSet>;

  constructor(options: DeletionOptions) {
    this.#options = options;
    this.#sweeps = new Sweeps((sets, signal) => this.#sweep(sets, signal));
  }

  /** Drops what this process keeps. */
  forget({ prefix }: PictureSet): void {
    for (const store of this.#options.stores) store.forget(prefix);
  }

  /**
   * A picture of a data set belongs to what was made of it there, and goes with that.
   * @throws ServiceError FAILED_PRECONDITION; UNAVAILABLE when it cannot be said.
   */
  async checkMayGo({ tenant, imageId }: PictureSet): Promise<void> {
    if (imageId === undefined || !(await this.#options.durable?.describe({ tenant, imageId }))) return;
    const message =
      "The picture is in a data set, which keeps it: delete it with the data set, or all that the tenant has.";
    throw new ServiceError({ code: Code.FAILED_PRECONDITION, message, reason: "IN_DATASET" });
  }

  /**
   * Drops all of a tenant where it is kept for good, and in the shared cache too, leases and all: first what is known, then, together
   * with others, what is found.
   * @throws Error when not all of it is certain to be gone; the signal's reason when that aborts.
   */
  async delete(
    pictures: PictureSet,
    signal: AbortSignal,
    known: KnownKeys = { images: [], embeddings: [] },
  ): Promise<void> {
    const { keys, namespace, termMs } = this.#options;
    this.forget(pictures);
    // First: what is published after the look for its keys finds the note.
    await keys.set(this.#noteOf(pictures), randomUUID(), termMs);
    // Before the cache: what is read there goes into it again.
    await this.#deleteDurable(pictures);
    const gone = await Promise.allSettled([
      ...known.images.map((name) => keys.delete(`${namespace}:image:${name}`)),
      ...known.embeddings.map((name) => keys.delete(`${namespace}:embedding:${name}`)),
      // The sweep finds them no more by their embeddings.
      ...known.embeddings.map((name) => this.#deleteTwin(name, pictures)),
    ]);
    await this.#sweeps.join(pictures, signal);
    const failed = gone.find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
  }

  async #sweep(sets: readonly PictureSet[], signal: AbortSignal): Promise<void> {
    const { keys, namespace } = this.#options;
    const byPrefix = new Map(sets.map((set) => [set.prefix, set]));
    const twins: { name: string; set: PictureSet }[] = [];
    const kept = ["embedding", "image", "lease"].map((kind) => `${namespace}:${kind}:`);
    const only = byPrefix.size === 1 ? sets[0]?.prefix : "";
    try {
      await keys.deleteAll(
        `${namespace}:*:${only}*`,
        (key) => {
          const start = kept.find((one) => key.startsWith(one));
          if (start === undefined) return false;
          const name = key.slice(start.length);
          const set = prefixesOf(name).flatMap((prefix) => byPrefix.get(prefix) ?? [])[0];
          if (set && start === kept[0]) twins.push({ name, set });
          return set !== undefined;
        },
        signal,
      );
    } finally {
      // By then no look finds them by their embeddings any more.
      await Promise.all(twins.map(({ name, set }) => this.#deleteTwin(name, set)));
    }
  }

  async #deleteDurable({ tenant, imageId }: PictureSet): Promise<void> {
    const { durable } = this.#options;
    // One that has come into a data set since it was asked for stays there.
    if (imageId === undefined) await durable?.deleteAll(tenant);
  }

  /** What says that this tenant has it, too (see `Twins`). */
  async #deleteTwin(embedding: string, { tenant }: PictureSet): Promise<void> {
    if (tenant === undefined) return;
    const { keys, namespace } = this.#options;
    await keys.deleteIfEqual(`${namespace}:twin:${embedding.slice(keyOfTenant(tenant, "").length)}`, tenant);
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
