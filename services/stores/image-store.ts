import type { EmbeddingRef } from "../inference/models/embedding-ref.js";
import { keyOfTenant } from "../runtime/callers/tenant.js";
import { imageIdInSteps } from "../runtime/image-id.js";
import type { Logger } from "../runtime/logger.js";
import type { Registry } from "../runtime/metrics.js";
import { shortImageId } from "../runtime/tracing/origin.js";
import { RecordError } from "../sam/record-error.js";
import type { BlobStore } from "./blob-store.js";
import {
  type ImageHead,
  type ImageInfo,
  imageHeadBytes,
  imageRecordVersion,
  PictureFile,
  readImageFile,
  readImageHead,
} from "./image-record.js";
import { createLookupMetrics } from "./lookup-metrics.js";
import { RecordStore } from "./record-store.js";
import type { SigningKeys } from "./signing-keys.js";

/** Which picture is meant, and whose. */
export type PictureRef = Pick<EmbeddingRef, "tenant" | "imageId">;

/** The largest picture that is taken. */
interface StoredImageLimits {
  maxImageBytes: number;
  maxImagePixels: number;
}

/** Pictures that are kept for good: data sets'. What the cache has forgotten of them is read there. */
export interface DurablePictures {
  /** The size of one that is there. @throws ServiceError UNAVAILABLE when that cannot be said. */
  describe(picture: PictureRef): Promise<ImageInfo | undefined>;
  /** How many bytes its file has; undefined when it is not there. @throws as `describe`. */
  bytesOf(picture: PictureRef): Promise<number | undefined>;
  /** Its file. @throws ServiceError NOT_FOUND; UNAVAILABLE. */
  open(picture: PictureRef): AsyncIterable<Uint8Array>;
  /** All files of a tenant. @throws ServiceError UNAVAILABLE when they are not certain to be gone. */
  deleteAll(tenant: string | undefined): Promise<void>;
}

interface ImageStoreOptions {
  metrics: Registry;
  logger: Logger;
  limits: StoredImageLimits;
  keys: SigningKeys;
  durable?: DurablePictures | undefined;
}

/**
 * Uploaded files by tenant and image id, each with the size of its picture. What is damaged, forged or too large is a miss. What
 * is kept for good is never one: it is read there, and then is in the cache again.
 */
export class ImageStore {
  readonly #records: RecordStore;
  readonly #limits: StoredImageLimits;
  readonly #keys: SigningKeys;
  readonly #logger: Logger;
  readonly #durable: DurablePictures | undefined;

  constructor(blobs: BlobStore, { metrics, logger, limits, keys, durable }: ImageStoreOptions) {
    this.#logger = logger;
    this.#durable = durable;
    this.#records = new RecordStore(blobs, createLookupMetrics("image", metrics), logger);
    this.#limits = limits;
    this.#keys = keys;
  }

  /** The file: its bytes are those of the id. @throws ServiceError UNAVAILABLE when those that are kept for good cannot be asked. */
  async get(picture: PictureRef): Promise<(ImageInfo & { file: Uint8Array }) | undefined> {
    return (await this.#getCached(picture)) ?? this.#getDurable(picture);
  }

  #getCached(picture: PictureRef): Promise<(ImageInfo & { file: Uint8Array }) | undefined> {
    const sizeOf = (start: Uint8Array) => imageHeadBytes + this.#readHead(start, picture).fileBytes;
    return this.#records.getSized(imageKey(picture), imageHeadBytes, sizeOf, async (record) => {
      const head = this.#readHead(record, picture);
      const { width, height } = head;
      return { width, height, file: await readImageFile(record, head, picture.imageId) };
    });
  }

  /** Whether the file is there, and the size of its picture, without reading it. */
  async describe(picture: PictureRef): Promise<ImageInfo | undefined> {
    return (await this.#describeCached(picture)) ?? this.#describeDurable(picture);
  }

  #describeCached(picture: PictureRef): Promise<ImageInfo | undefined> {
    return this.#records.head(imageKey(picture), imageHeadBytes, { isLookup: false }, (start) => {
      const { width, height } = this.#readHead(start, picture);
      return { width, height };
    });
  }

  /**
   * @param owner key of the caller who has sent it.
   * @returns false when the store could not keep it.
   */
  set(picture: PictureRef, file: PictureFile, info: ImageInfo, owner?: string): Promise<boolean> {
    const record = file.recordOf(info, (signed) => this.#keys.sign(signedBy(picture, signed)));
    return this.#records.set(imageKey(picture), record, owner);
  }

  delete(picture: PictureRef): Promise<void> {
    return this.#records.delete(imageKey(picture));
  }

  /** Kept for good is not proof against a disk: its bytes are checked as any others. */
  async #getDurable(picture: PictureRef): Promise<(ImageInfo & { file: Uint8Array }) | undefined> {
    const info = await this.#durable?.describe(picture);
    const fileBytes = info && (await this.#durable?.bytesOf(picture));
    if (!this.#durable || !info || fileBytes === undefined || !this.#isTaken({ ...info, fileBytes })) return undefined;
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#durable.open(picture)) chunks.push(chunk);
    const file = await PictureFile.of(chunks);
    if ((await imageIdInSteps(file.bytes)) !== picture.imageId) {
      this.#logger.error({ image: shortImageId(picture.imageId) }, "the file of a data set's picture is damaged");
      return undefined;
    }
    await this.set(picture, file, info);
    return { ...info, file: file.bytes };
  }

  async #describeDurable(picture: PictureRef): Promise<ImageInfo | undefined> {
    try {
      return await this.#durable?.describe(picture);
    } catch (err) {
      // Whoever has the file may send it again: that is no reason to refuse it.
      this.#logger.warn({ err }, "the files of data sets cannot be asked");
      return undefined;
    }
  }

  #isTaken({ width, height, fileBytes }: ImageInfo & { fileBytes: number }): boolean {
    const { maxImageBytes, maxImagePixels } = this.#limits;
    return fileBytes <= maxImageBytes && width * height <= maxImagePixels;
  }

  /** @throws RecordError for one that cannot be used. */
  #readHead(start: Uint8Array, picture: PictureRef): ImageHead {
    const head = readImageHead(start);
    const fault = this.#keys.faultOf(signedBy(picture, head.signed), head.signature);
    if (fault) throw new RecordError(fault);
    if (!this.#isTaken(head)) throw new RecordError("oversized");
    return head;
  }
}

const nameOf = ({ tenant, imageId }: PictureRef) => keyOfTenant(tenant, imageId);

const signedBy = (picture: PictureRef, signed: Uint8Array) => ({
  kind: "image" as const,
  name: nameOf(picture),
  parts: [signed],
});

export const imageKey = (picture: PictureRef) => `${nameOf(picture)}:r${imageRecordVersion}`;
