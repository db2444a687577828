import { embeddingRecordVersion } from "../../sam/embedding-record.js";
import type { Region } from "../../sam/region.js";
import type { ModelSpec } from "./manifest.js";

/**
 * The key of an embedding: everything that decides its bytes. Two processes that would make different embeddings of one
 * picture, or write them differently, never share a key.
 * @param crop the part of the picture that was encoded; all of it when left out.
 */
export function embeddingKey(imageId: string, model: ModelSpec, crop?: Region): string {
  const record = `r${embeddingRecordVersion}`;
  const part = crop ? [`crop=${crop.x},${crop.y},${crop.width},${crop.height}`] : [];
  return [imageId, model.id, model.encoder.sha256, `p${model.preprocess.version}`, "float16", record, ...part].join(
    ":",
  );
}
