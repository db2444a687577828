import type { Logger } from "../logger.js";
import { Counter, type Registry } from "../metrics.js";
import { embeddingKey } from "../models/embedding-key.js";
import type { ModelSpec } from "../models/manifest.js";
import type { Region } from "../models/region.js";
import type { BlobStore } from "./blob-store.js";
import { decodeEmbeddingRecord, type EmbeddingHeader } from "./embedding-record.js";

export interface StoredEmbedding {
  header: EmbeddingHeader;
  /** The record's bytes, checksum verified. */
  record: Uint8Array;
}

/** Embeddings by picture and model. A damaged, foreign or outdated record is a miss: counted, removed, never used. */
export class EmbeddingStore {
  readonly #store: BlobStore;
  readonly #logger: Logger;
  readonly #lookups: Counter<"outcome">;

  constructor(store: BlobStore, metrics: Registry, logger: Logger) {
    this.#store = store;
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
      const { header } = decodeEmbeddingRecord(record);
      checkBelongs(header, imageId, model, crop);
      this.#lookups.inc({ outcome: "hit" });
      return { header, record };
    } catch (err) {
      this.#lookups.inc({ outcome: "rejected" });
      this.#logger.warn({ err, key }, "embedding record rejected; it will be made again");
      await this.#store.delete(key);
      return undefined;
    }
  }

  /** @returns false when the store could not keep it. */
  set(imageId: string, model: ModelSpec, record: Uint8Array, crop?: Region): Promise<boolean> {
    return this.#store.set(embeddingKey(imageId, model, crop), record);
  }
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
