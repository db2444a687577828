import type { MessageInitShape } from "@bufbuild/protobuf";
import type { EncodeReadySchema, ImageInfoSchema } from "../../../proto/index.js";
import type { EmbeddingRef } from "../../inference/models/embedding-ref.js";
import type { PictureReading } from "../../sam/picture-reading.js";
import type { EmbeddingStore } from "../../stores/embedding-store.js";

/** What is told of an embedding that is there. */
export type Ready = MessageInitShape<typeof EncodeReadySchema>;

/** @returns undefined when it is to be made. */
export async function findReady(
  embeddings: Pick<EmbeddingStore, "find" | "share">,
  ref: EmbeddingRef,
): Promise<Ready | undefined> {
  const found = await embeddings.find(ref);
  if (!found) return undefined;
  const { width, height, reading } = found;
  const unshared = !(await embeddings.share(ref));
  const image = imageInfo(ref.imageId, width, height, reading);
  return { image, model: ref.model.id, cached: true, timings: {}, unshared };
}

/** A picture as the contract tells of it. */
export function imageInfo(
  imageId: string,
  width: number,
  height: number,
  reading: PictureReading | undefined,
): MessageInitShape<typeof ImageInfoSchema> {
  if (!reading) return { imageId, width, height };
  const { orientation, page, pages, bands = [], range } = reading;
  return {
    imageId,
    width,
    height,
    reading: { orientation, page, pages, bands, ...(range ? { range: { low: range.low, high: range.high } } : {}) },
  };
}
