import type { EmbeddingRef } from "../inference/models/embedding-ref.js";
import { keyOfTenant } from "../runtime/callers/tenant.js";
import type { Logger } from "../runtime/logger.js";
import type { Registry } from "../runtime/metrics.js";
import { RecordError } from "../sam/record-error.js";
import type { BlobStore } from "./blob-store.js";
import {
  type ImageHead,
  type ImageInfo,
  imageHeadBytes,
  imageRecordVersion,
  type PictureFile,
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

interface ImageStoreOptions {
  metrics: Registry;
  logger: Logger;
  limits: StoredImageLimits;
  keys: SigningKeys;
}

/** Uploaded files by tenant and image id, each with the size of its picture. What is damaged, forged or too large is a miss. */
export class ImageStore {
  readonly #records: RecordStore;
  readonly #limits: StoredImageLimits;
  readonly #keys: SigningKeys;

  constructor(blobs: BlobStore, { metrics, logger, limits, keys }: ImageStoreOptions) {
    this.#records = new RecordStore(blobs, createLookupMetrics("image", metrics), logger);
    this.#limits = limits;
    this.#keys = keys;
  }

  /** The file: its bytes are those of the id. */
  get(picture: PictureRef): Promise<(ImageInfo & { file: Uint8Array }) | undefined> {
    const sizeOf = (start: Uint8Array) => imageHeadBytes + this.#readHead(start, picture).fileBytes;
    return this.#records.getSized(imageKey(picture), imageHeadBytes, sizeOf, async (record) => {
      const head = this.#readHead(record, picture);
      const { width, height } = head;
      return { width, height, file: await readImageFile(record, head, picture.imageId) };
    });
  }

  /** Whether the file is there, and the size of its picture, without reading it. */
  describe(picture: PictureRef): Promise<ImageInfo | undefined> {
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

  /** @throws RecordError for one that cannot be used. */
  #readHead(start: Uint8Array, picture: PictureRef): ImageHead {
    const head = readImageHead(start);
    const fault = this.#keys.faultOf(signedBy(picture, head.signed), head.signature);
    if (fault) throw new RecordError(fault);
    const { maxImageBytes, maxImagePixels } = this.#limits;
    if (head.fileBytes > maxImageBytes || head.width * head.height > maxImagePixels) throw new RecordError("oversized");
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
