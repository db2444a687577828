import type { Crop } from "../../proto/index.js";
import { checkImageId } from "../runtime/image-id.js";
import type { Origin } from "../runtime/tracing/origin.js";
import { cropRegion } from "./crop-region.js";
import { type EmbeddingRef, embeddingRef } from "./models/embedding-ref.js";
import type { Models } from "./models/models.js";

/** What requests of every kind name an embedding by. */
interface Request {
  readonly imageId: string;
  readonly model: string;
  readonly crop?: Crop | undefined;
  readonly draft?: boolean;
}

/**
 * The embedding that a request means, of the pictures of its tenant.
 * @throws ServiceError INVALID_ARGUMENT for no image id, a model that is not served, and a part that is not told in full.
 */
export function requestedEmbedding(
  models: Pick<Models, "serving">,
  { imageId, model, crop, draft }: Request,
  { tenant }: Pick<Origin, "tenant">,
): EmbeddingRef {
  return embeddingRef({
    tenant,
    imageId: checkImageId(imageId),
    model: models.serving(model),
    crop: crop && cropRegion(crop),
    draft: draft || undefined,
  });
}
