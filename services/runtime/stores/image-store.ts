import type { Logger } from "../logger.js";
import type { Registry } from "../metrics.js";
import type { BlobStore } from "./blob-store.js";
import {
  decodeImageRecord,
  encodeImageRecord,
  type ImageInfo,
  imageHeadBytes,
  imageRecordVersion,
  readImageInfo,
} from "./image-record.js";
import { createLookupMetrics } from "./lookup-metrics.js";
import { RecordStore } from "./record-store.js";

/** Uploaded files by image id, each with the size of its picture. A damaged record is a miss. */
export class ImageStore {
  readonly #records: RecordStore;

  constructor(blobs: BlobStore, metrics: Registry, logger: Logger) {
    this.#records = new RecordStore(blobs, createLookupMetrics("image", metrics), logger);
  }

  /** The file, verified. */
  get(imageId: string): Promise<(ImageInfo & { file: Uint8Array }) | undefined> {
    return this.#records.get(imageKey(imageId), decodeImageRecord);
  }

  /** Whether the file is there, and the size of its picture, without reading it. */
  describe(imageId: string): Promise<ImageInfo | undefined> {
    return this.#records.head(imageKey(imageId), imageHeadBytes, { isLookup: false }, readImageInfo);
  }

  /** @returns false when the store could not keep it. */
  set(imageId: string, file: Uint8Array, { width, height }: ImageInfo): Promise<boolean> {
    return this.#records.set(imageKey(imageId), encodeImageRecord({ width, height }, file));
  }

  delete(imageId: string): Promise<void> {
    return this.#records.delete(imageKey(imageId));
  }
}

const imageKey = (imageId: string) => `${imageId}:r${imageRecordVersion}`;
