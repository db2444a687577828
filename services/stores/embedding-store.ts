import { weightsOf } from "../inference/families/weights-of.js";
import type { EmbeddingRef } from "../inference/models/embedding-ref.js";
import type { ModelSpec } from "../inference/models/manifest.js";
import { embeddingTensors } from "../inference/models/model-tensors.js";
import type { Logger } from "../runtime/logger.js";
import type { Registry } from "../runtime/metrics.js";
import { type EmbeddingHeader, embeddingHeadBytes, signatureOf } from "../sam/embedding-record.js";
import { RecordError } from "../sam/record-error.js";
import type { Region } from "../sam/region.js";
import type { BlobStore } from "./blob-store.js";
import { decodeEmbeddingRecord, readEmbeddingHeader, readWholeHeader, setSignature } from "./embedding-record.js";
import type { LayeredStore } from "./layered-store.js";
import { createLookupMetrics } from "./lookup-metrics.js";
import { RecordStore } from "./record-store.js";
import type { SigningKeys } from "./signing-keys.js";

export interface StoredEmbedding {
  header: EmbeddingHeader;
  record: Uint8Array;
}

/** Who can read what was kept: every process of the cluster, this process, or nobody. */
type Reach = "shared" | "here" | "nowhere";

/** What a store that is only partly shared knows of that; see `LayeredStore`. */
type Sharing = Pick<LayeredStore, "isOwed" | "share">;

interface EmbeddingStoreOptions {
  metrics: Registry;
  logger: Logger;
  /** The largest picture that is taken: what a record says is no reason to make masks of another size. */
  limits: { maxImagePixels: number };
  keys: SigningKeys;
  /** Of a store of which other processes see only a part; left out, all who need it see all of it. */
  sharing?: Sharing | undefined;
}

/**
 * Embeddings by what they are of. A damaged, forged, foreign or outdated record is a miss: counted, removed, never used.
 */
export class EmbeddingStore {
  readonly #records: RecordStore;
  readonly #maxPixels: number;
  readonly #keys: SigningKeys;
  readonly #sharing: Sharing | undefined;

  constructor(blobs: BlobStore, { metrics, logger, limits, keys, sharing }: EmbeddingStoreOptions) {
    this.#records = new RecordStore(blobs, createLookupMetrics("embedding", metrics), logger);
    this.#maxPixels = limits.maxImagePixels;
    this.#keys = keys;
    this.#sharing = sharing;
  }

  /** The whole record, everything verified: fit to be used and to be handed on. */
  get(ref: EmbeddingRef): Promise<StoredEmbedding | undefined> {
    return this.#records.get(ref.key, mostRecordBytes(ref.model), (record) => {
      return { header: this.verify(record, ref), record };
    });
  }

  /**
   * As `get`, at the cost of the transfer alone: the header is verified, the tensors are not. Whoever takes them has to,
   * by `decodeEmbeddingRecord`, off the event loop; what is found damaged there goes to `reject`.
   */
  getUnverified(ref: EmbeddingRef): Promise<StoredEmbedding | undefined> {
    return this.#records.get(ref.key, mostRecordBytes(ref.model), (record) => {
      const header = readWholeHeader(record);
      this.#check(header, record, ref);
      return { header, record };
    });
  }

  /** Counts and removes a record of `getUnverified` that is damaged. */
  async reject(ref: EmbeddingRef, record: Uint8Array): Promise<void> {
    await this.#records.check(ref.key, record, (bytes) => this.verify(bytes, ref));
  }

  /** Whether the embedding is there, by its header, without reading its tensors; a look-up that counts. */
  find(ref: EmbeddingRef): Promise<EmbeddingHeader | undefined> {
    return this.#header(ref, true);
  }

  /** As `find`, for who only wants to tell of it; counts as no look-up. */
  describe(ref: EmbeddingRef): Promise<EmbeddingHeader | undefined> {
    return this.#header(ref, false);
  }

  /**
   * Signs it, in place, where there is a key, and keeps it where that is possible; never throws.
   * @param owner key of the caller for whom it was made.
   */
  async set({ key }: EmbeddingRef, record: Uint8Array, owner?: string): Promise<Reach> {
    const signature = this.#keys.sign({ kind: "embedding", name: key, parts: signatureOf(record).signed });
    if (signature) setSignature(record, signature);
    if (!(await this.#records.set(key, record, owner))) return "nowhere";
    return this.#sharing?.isOwed(key) ? "here" : "shared";
  }

  delete({ key }: EmbeddingRef): Promise<void> {
    return this.#records.delete(key);
  }

  /** Sees to it that other processes can read one that is here. @returns false when they cannot. */
  async share({ key }: EmbeddingRef): Promise<boolean> {
    return this.#sharing ? this.#sharing.share(key) : true;
  }

  /**
   * The header of a record that is whole, signed where that is asked for, and the one that is meant.
   * @throws RecordError when it is not: it would give a wrong mask.
   */
  verify(record: Uint8Array, ref: EmbeddingRef): EmbeddingHeader {
    const { header } = decodeEmbeddingRecord(record);
    this.#check(header, record, ref);
    return header;
  }

  #header(ref: EmbeddingRef, isLookup: boolean) {
    return this.#records.head(ref.key, embeddingHeadBytes, { isLookup }, (start) => {
      const header = readEmbeddingHeader(start);
      this.#check(header, start, ref);
      return header;
    });
  }

  /** @throws RecordError for the header of a record that is not the one that is meant, or not of one of us. */
  #check(header: EmbeddingHeader, start: Uint8Array, ref: EmbeddingRef): void {
    const { signed, signature } = signatureOf(start);
    const fault = this.#keys.faultOf({ kind: "embedding", name: ref.key, parts: signed }, signature);
    if (fault) throw new RecordError(fault);
    checkBelongs(header, ref);
    if (header.width * header.height > this.#maxPixels) throw new RecordError("oversized");
  }
}

/** Bytes of the largest record of the model's. */
export function mostRecordBytes(model: ModelSpec): number {
  const halves = embeddingTensors(model).map(({ dims }) => dims.reduce((product, dim) => product * dim, 2));
  return embeddingHeadBytes + halves.reduce((sum, bytes) => sum + bytes, 0);
}

/** @throws RecordError when the record is of another picture or another encoder's weights: it would give a wrong mask. */
function checkBelongs(header: EmbeddingHeader, { imageId, model, crop, draft }: EmbeddingRef): void {
  const shape = (tensors: EmbeddingHeader["tensors"]) =>
    tensors.map(({ name, dims }) => `${name}:${dims.join("x")}`).join();
  const place = (part: Region | undefined) => part && [part.x, part.y, part.width, part.height].join();
  const matches =
    header.imageId === imageId &&
    header.modelId === model.id &&
    header.weights === weightsOf(model, "encoder") &&
    header.dtype === "float16" &&
    place(header.crop) === place(crop) &&
    header.draft === draft &&
    shape(header.tensors) === shape(embeddingTensors(model));
  if (!matches) throw new RecordError("mismatch");
  if ((header.frame ?? "full") !== model.preprocess.frame) throw new RecordError("frame");
}
