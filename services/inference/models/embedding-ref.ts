import { embeddingRecordVersion } from "../../sam/embedding-record.js";
import type { Region } from "../../sam/region.js";
import type { ModelSpec } from "./manifest.js";

/** What tells one embedding from another. */
interface Identity {
  /** As `checkImageId` gives it. */
  readonly imageId: string;
  readonly model: ModelSpec;
  /** The part of the picture that is encoded; all of it when left out. */
  readonly crop?: Region | undefined;
}

/** Which embedding is meant. Made by `embeddingRef` alone: its key is of what stands beside it. */
export interface EmbeddingRef extends Identity {
  /**
   * Everything that decides its bytes, and who may read them. Two processes that would make different embeddings of one
   * picture, or write them differently, never share a key.
   */
  readonly key: string;
}

export function embeddingRef({ imageId, model, crop }: Identity): EmbeddingRef {
  return { imageId, model, crop, key: keyOf({ imageId, model, crop }) };
}

function keyOf({ imageId, model, crop }: Identity): string {
  const record = `r${embeddingRecordVersion}`;
  const part = crop ? [`crop=${crop.x},${crop.y},${crop.width},${crop.height}`] : [];
  return [imageId, model.id, model.encoder.sha256, `p${model.preprocess.version}`, "float16", record, ...part].join(
    ":",
  );
}
