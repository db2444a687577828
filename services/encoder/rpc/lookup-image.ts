import type { MessageInitShape } from "@bufbuild/protobuf";
import type { LookupImageRequest, LookupImageResponseSchema } from "../../../proto/index.js";
import { embeddingRef } from "../../inference/models/embedding-ref.js";
import { checkImageId } from "../../runtime/image-id.js";
import type { EncoderTier } from "../encoder-tier.js";
import { imageInfo } from "./encode.js";

/** `EncoderService.LookupImage`: what is known of a picture before it is uploaded. */
export async function lookupImage(
  tier: EncoderTier,
  request: LookupImageRequest,
): Promise<MessageInitShape<typeof LookupImageResponseSchema>> {
  const imageId = checkImageId(request.imageId);
  const ref = embeddingRef({ imageId, model: tier.models.serving(request.model) });
  const [embedding, file] = await Promise.all([tier.embeddings.describe(ref), tier.images.describe(imageId)]);
  const size = embedding ?? file;
  return {
    stored: file !== undefined,
    embedded: embedding !== undefined,
    cacheLost: !tier.isCacheUp,
    ...(size ? { image: imageInfo(imageId, size.width, size.height, embedding?.reading) } : {}),
  };
}
