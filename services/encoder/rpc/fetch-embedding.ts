import type { Models } from "../../inference/models/models.js";
import { requestedEmbedding } from "../../inference/requested-embedding.js";
import type { EmbeddingStore } from "../../stores/embedding-store.js";
import { notHere } from "../encodes/not-here.js";
import type { Handlers } from "./handlers.js";
import { sendInChunks } from "./send-in-chunks.js";

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
    await sendInChunks(found.record, send, signal);
  };
}
