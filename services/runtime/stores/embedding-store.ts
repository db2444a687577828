import type { Logger } from "../logger.js";
import { Counter, type Registry } from "../metrics.js";
import { embeddingKey } from "../models/embedding-key.js";
import type { ModelSpec } from "../models/manifest.js";
import type { Region } from "../models/region.js";
import type { BlobStore } from "./blob-store.js";
import { decodeEmbeddingRecord, type EmbeddingHeader } from "./embedding-record.js";
import type { LayeredStore } from "./layered-store.js";

export interface StoredEmbedding {
  header: EmbeddingHeader;
  /** The record's bytes, checksum verified. */
  record: Uint8Array;
}

/** Who can read what was kept: every process of the cluster, this process, or nobody. */
export type Reach = "shared" | "here" | "nowhere";

/** What a store that is only partly shared knows of that; see `LayeredStore`. */
export type Sharing = Pick<LayeredStore, "isOwed" | "share">;

/** Embeddings by picture and model. A damaged, foreign or outdated record is a miss: counted, removed, never used. */
export class EmbeddingStore {
  readonly #store: BlobStore;
  readonly #sharing: Sharing | undefined;
  readonly #logger: Logger;
  readonly #lookups: Counter<"outcome">;

  /** @param sharing of a store of which other processes see only a part; left out, all who need it see all of it. */
  constructor(store: BlobStore, metrics: Registry, logger: Logger, sharing?: Sharing) {
    this.#store = store;
    this.#sharing = sharing;
    this.#logger = logger;
    this.#lookups = new Counter({
      name: "maskwire_embedding_lookups_total",
      help: "Look-ups in the embedding store by outcome: hit, miss, or rejected for a record that cannot be used",
      labelNames: ["outcome"],
      registers: [metrics],
    });
  }

  async get(imageId: string, model: ModelSpec, crop?: Region): Promise<StoredEmbedding | undefined> {
    const key = embeddingKey(imageId, model, crop);
    const record = await this.#store.get(key);
    if (!record) {
      this.#lookups.inc({ outcome: "miss" });
      return undefined;
    }
    try {
      const header = readEmbeddingOf(record, imageId, model, crop);
      this.#lookups.inc({ outcome: "hit" });
      return { header, record };
    } catch (err) {
      this.#lookups.inc({ outcome: "rejected" });
      this.#logger.warn({ err, key }, "embedding record rejected; it will be made again");
      await this.#store.delete(key);
      return undefined;
    }
  }

  /** Keeps it where that is possible; never throws. */
  async set(imageId: string, model: ModelSpec, record: Uint8Array, crop?: Region): Promise<Reach> {
    const key = embeddingKey(imageId, model, crop);
    if (!(await this.#store.set(key, record))) return "nowhere";
    return this.#sharing?.isOwed(key) ? "here" : "shared";
  }

  /** Sees to it that other processes can read one that `get` has found. @returns false when they cannot. */
  async share(imageId: string, model: ModelSpec, crop?: Region): Promise<boolean> {
    return this.#sharing ? this.#sharing.share(embeddingKey(imageId, model, crop)) : true;
  }
}

/**
 * The header of a record that is whole and of this picture and model.
 * @throws Error when it is damaged, of another version, or another's: it would give a wrong mask.
 */
export function readEmbeddingOf(
  record: Uint8Array,
  imageId: string,
  model: ModelSpec,
  crop: Region | undefined,
): EmbeddingHeader {
  const { header } = decodeEmbeddingRecord(record);
  checkBelongs(header, imageId, model, crop);
  return header;
}

/** @throws Error when the record is of another picture or another encoder's weights: it would give a wrong mask. */
function checkBelongs(header: EmbeddingHeader, imageId: string, model: ModelSpec, crop: Region | undefined): void {
  const shape = (tensors: EmbeddingHeader["tensors"]) =>
    tensors.map(({ name, dims }) => `${name}:${dims.join("x")}`).join();
  const place = (part: Region | undefined) => part && [part.x, part.y, part.width, part.height].join();
  const matches =
    header.imageId === imageId &&
    header.modelId === model.id &&
    header.weights === model.encoder.sha256 &&
    header.dtype === "float16" &&
    place(header.crop) === place(crop) &&
    shape(header.tensors) === shape(model.encoder.outputs);
  if (!matches) throw new Error("a record of another picture or model");
}
