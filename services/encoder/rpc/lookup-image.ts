import type { Models } from "../../inference/models/models.js";
import { requestedEmbedding } from "../../inference/requested-embedding.js";
import type { EmbeddingStore } from "../../stores/embedding-store.js";
import type { ImageStore } from "../../stores/image-store.js";
import { imageInfo } from "../encodes/ready.js";
import type { Handlers } from "./handlers.js";

interface Objects {
  models: Models;
  embeddings: EmbeddingStore;
  images: ImageStore;
  isCacheUp: () => boolean;
}

/** What is known of a picture before it is uploaded. */
export function lookupImage({ models, embeddings, images, isCacheUp }: Objects): Handlers["lookupImage"] {
  return async (request, { origin }) => {
    const ref = requestedEmbedding(models, request, origin);
    const [embedding, file] = await Promise.all([embeddings.describe(ref), images.describe(ref)]);
    const size = embedding ?? file;
    return {
      stored: file !== undefined,
      embedded: embedding !== undefined,
      cacheLost: !isCacheUp(),
      ...(size ? { image: imageInfo(ref.imageId, size.width, size.height, embedding?.reading) } : {}),
    };
  };
}
