import { requestedPictures } from "../../inference/picture-set.js";
import { Code, ServiceError } from "../../runtime/errors.js";
import type { PictureDeletion } from "../../stores/picture-deletion.js";
import type { EncodeOnce } from "../encodes/encode-once.js";
import type { Handlers } from "./handlers.js";

const retryAfterMs = 2000;

interface Objects {
  encodes: Pick<EncodeOnce, "end">;
  deletion: Pick<PictureDeletion, "forget" | "delete">;
}

/** Pictures of a tenant, in this process and, where that is asked, in the shared cache. */
export function deleteImages({ encodes, deletion }: Objects): Handlers["deleteImages"] {
  return async ({ images, shared }, { origin }) => {
    const pictures = requestedPictures(images, origin);
    await encodes.end(pictures);
    deletion.forget(pictures);
    if (shared) {
      try {
        await deletion.delete(pictures);
      } catch (cause) {
        throw notCertain(cause);
      }
    }
    return {};
  };
}

function notCertain(cause: unknown): ServiceError {
  const message = "The shared cache cannot be reached, so not all of it is certain to be deleted; ask again.";
  return new ServiceError({ code: Code.UNAVAILABLE, message, retryAfterMs, reason: "CACHE_LOST", cause });
}
