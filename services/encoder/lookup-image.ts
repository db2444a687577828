import type { MessageInitShape } from "@bufbuild/protobuf";
import type { LookupImageRequest, LookupImageResponseSchema } from "../../proto/index.js";
import { checkImageId } from "../runtime/image-id.js";
import type { EncoderTier } from "./encoder-tier.js";
import { inspectImage } from "./images/inspect-image.js";

/** `EncoderService.LookupImage`: what is known of a picture before it is uploaded. */
export async function lookupImage(
  tier: EncoderTier,
  request: LookupImageRequest,
): Promise<MessageInitShape<typeof LookupImageResponseSchema>> {
  const imageId = checkImageId(request.imageId);
  const model = tier.model(request.model);
  const [embedding, bytes] = await Promise.all([tier.embeddings.get(imageId, model), tier.images.get(imageId)]);
  const size = embedding?.header ?? (bytes && (await inspectImage(bytes, tier.limits)));
  return {
    stored: bytes !== undefined,
    embedded: embedding !== undefined,
    cacheLost: !tier.isCacheUp,
    ...(size ? { image: { imageId, width: size.width, height: size.height } } : {}),
  };
}
