import { embeddingRef } from "../../inference/models/embedding-ref.js";
import type { Models } from "../../inference/models/models.js";
import { type PictureSet, requestedPictures } from "../../inference/picture-set.js";
import { Code, ServiceError } from "../../runtime/errors.js";
import { imageKey } from "../../stores/image-store.js";
import type { KnownKeys, PictureDeletion } from "../../stores/picture-deletion.js";
import type { EncodeOnce } from "../encodes/encode-once.js";
import type { Grounder } from "../grounding/grounder.js";
import type { Handlers } from "./handlers.js";

const retryAfterMs = 2000;

interface Objects {
  models: Pick<Models, "served">;
  encodes: Pick<EncodeOnce, "end">;
  grounder: Pick<Grounder, "end">;
  deletion: Pick<PictureDeletion, "checkMayGo" | "forget" | "delete">;
}

/** Pictures of a tenant, in this process and, where that is asked, in the shared cache. */
export function deleteImages({ models, encodes, grounder, deletion }: Objects): Handlers["deleteImages"] {
  return async ({ images, shared }, { origin, signal, audited }) => {
    const pictures = requestedPictures(images, origin);
    audited.does("delete", pictures.imageId);
    await deletion.checkMayGo(pictures);
    await Promise.all([encodes.end(pictures), grounder.end(pictures)]);
    deletion.forget(pictures);
    if (shared) {
      try {
        await deletion.delete(pictures, signal, knownKeys(pictures, models));
      } catch (cause) {
        signal.throwIfAborted();
        if (cause instanceof ServiceError) throw cause;
        throw notCertain(cause);
      }
    }
    return {};
  };
}

/** Of one picture, but for its crops. */
function knownKeys({ tenant, imageId }: PictureSet, { served }: Pick<Models, "served">): KnownKeys | undefined {
  if (imageId === undefined) return undefined;
  return {
    images: [imageKey({ tenant, imageId })],
    embeddings: served.map((model) => embeddingRef({ tenant, imageId, model }).key),
  };
}

function notCertain(cause: unknown): ServiceError {
  const message = "The shared cache cannot be reached, so not all of it is certain to be deleted; ask again.";
  return new ServiceError({ code: Code.UNAVAILABLE, message, retryAfterMs, reason: "CACHE_LOST", cause });
}
