import { EmbeddingSource } from "../../../proto/index.js";

/** Where an embedding was found. @param warm ready in the worker. @param local in this process. */
export function embeddingSource(warm: boolean, local: boolean): EmbeddingSource {
  if (warm) return EmbeddingSource.WORKER;
  return local ? EmbeddingSource.PROCESS : EmbeddingSource.STORE;
}
