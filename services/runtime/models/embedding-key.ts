import type { ModelSpec } from "./manifest.js";

/**
 * The key of an embedding: everything that decides its bytes. Two processes that would make different embeddings of one
 * picture never share a key.
 */
export function embeddingKey(imageId: string, model: ModelSpec): string {
  return [imageId, model.id, model.encoder.sha256, `p${model.preprocess.version}`, "float16"].join(":");
}
