import { type EmbeddingHeader, embeddingHeadBytes } from "../../sam/embedding-record.js";
import { RecordError } from "../../sam/record-error.js";
import type { Region } from "../../sam/region.js";
import type { Logger } from "../logger.js";
import type { Registry } from "../metrics.js";
import { embeddingKey } from "../models/embedding-key.js";
import type { ModelSpec } from "../models/manifest.js";
import type { BlobStore } from "./blob-store.js";
import { decodeEmbeddingRecord, readEmbeddingHeader, readWholeHeader } from "./embedding-record.js";
import type { LayeredStore } from "./layered-store.js";
import { createLookupMetrics } from "./lookup-metrics.js";
import { RecordStore } from "./record-store.js";

export interface StoredEmbedding {
  header: EmbeddingHeader;
  record: Uint8Array;
}

/** Who can read what was kept: every process of the cluster, this process, or nobody. */
export type Reach = "shared" | "here" | "nowhere";

/** What a store that is only partly shared knows of that; see `LayeredStore`. */
export type Sharing = Pick<LayeredStore, "isOwed" | "share">;

/** Embeddings by picture and model. A damaged, foreign or outdated record is a miss: counted, removed, never used. */
export class EmbeddingStore {
  readonly #records: RecordStore;
  readonly #sharing: Sharing | undefined;

  /** @param sharing of a store of which other processes see only a part; left out, all who need it see all of it. */
  constructor(blobs: BlobStore, metrics: Registry, logger: Logger, sharing?: Sharing) {
    this.#records = new RecordStore(blobs, createLookupMetrics("embedding", metrics), logger);
    this.#sharing = sharing;
  }

  /** The whole record, every checksum verified: fit to be used and to be handed on. */
  get(imageId: string, model: ModelSpec, crop?: Region): Promise<StoredEmbedding | undefined> {
    return this.#records.get(embeddingKey(imageId, model, crop), (record) => {
      return { header: readEmbeddingOf(record, imageId, model, crop), record };
    });
  }

  /**
   * As `get`, at the cost of the transfer alone: the header is verified, the tensors are not. Whoever takes them has to,
   * by `decodeEmbeddingRecord`, off the event loop; what is found damaged there goes to `reject`.
   */
  getUnverified(imageId: string, model: ModelSpec, crop?: Region): Promise<StoredEmbedding | undefined> {
    return this.#records.get(embeddingKey(imageId, model, crop), (record) => {
      const header = readWholeHeader(record);
      checkBelongs(header, imageId, model, crop);
      return { header, record };
    });
  }

  /** Counts and removes a record of `getUnverified` that is damaged. */
  async reject(imageId: string, model: ModelSpec, record: Uint8Array, crop?: Region): Promise<void> {
    await this.#records.check(embeddingKey(imageId, model, crop), record, (bytes) =>
      readEmbeddingOf(bytes, imageId, model, crop),
    );
  }

  /** Whether the embedding is there, by its header, without reading its tensors; a look-up that counts. */
  find(imageId: string, model: ModelSpec, crop?: Region): Promise<EmbeddingHeader | undefined> {
    return this.#header(imageId, model, crop, true);
  }

  /** As `find`, for who only wants to tell of it; counts as no look-up. */
  describe(imageId: string, model: ModelSpec, crop?: Region): Promise<EmbeddingHeader | undefined> {
    return this.#header(imageId, model, crop, false);
  }

  /** Keeps it where that is possible; never throws. */
  async set(imageId: string, model: ModelSpec, record: Uint8Array, crop?: Region): Promise<Reach> {
    const key = embeddingKey(imageId, model, crop);
    if (!(await this.#records.set(key, record))) return "nowhere";
    return this.#sharing?.isOwed(key) ? "here" : "shared";
  }

  /** Sees to it that other processes can read one that is here. @returns false when they cannot. */
  async share(imageId: string, model: ModelSpec, crop?: Region): Promise<boolean> {
    return this.#sharing ? this.#sharing.share(embeddingKey(imageId, model, crop)) : true;
  }

  #header(imageId: string, model: ModelSpec, crop: Region | undefined, isLookup: boolean) {
    const key = embeddingKey(imageId, model, crop);
    return this.#records.head(key, embeddingHeadBytes, { isLookup }, (start) => {
      const header = readEmbeddingHeader(start);
      checkBelongs(header, imageId, model, crop);
      return header;
    });
  }
}

/**
 * The header of a record that is whole and of this picture and model.
 * @throws RecordError when it is damaged, of another version, or another's: it would give a wrong mask.
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

/** @throws RecordError when the record is of another picture or another encoder's weights: it would give a wrong mask. */
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
  if (!matches) throw new RecordError("mismatch");
}
