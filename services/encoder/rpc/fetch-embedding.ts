import type { Models } from "../../inference/models/models.js";
import { requestedEmbedding } from "../../inference/requested-embedding.js";
import type { EmbeddingStore } from "../../stores/embedding-store.js";
import { notHere } from "../encodes/not-here.js";
import type { Handlers } from "./handlers.js";

/** Well under the receive limits of gRPC, and few enough that a cancelled call has not sent much. */
const chunkBytes = 512 * 1024;

interface Objects {
  models: Models;
  embeddings: EmbeddingStore;
  isCacheUp: () => boolean;
}

/** The record, from this process's memory or the shared cache. */
export function fetchEmbedding({ models, embeddings, isCacheUp }: Objects): Handlers["fetchEmbedding"] {
  return async (request, send, { signal, origin }) => {
    const found = await embeddings.get(requestedEmbedding(models, request, origin));
    if (!found) throw notHere("The embedding is not here; have the picture encoded.", isCacheUp());
    const { record } = found;
    for (let at = 0; at < record.byteLength; at += chunkBytes) {
      signal.throwIfAborted();
      await send({ chunk: record.subarray(at, at + chunkBytes) });
    }
  };
}
