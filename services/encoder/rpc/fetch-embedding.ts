import type { MessageInitShape } from "@bufbuild/protobuf";
import type { FetchEmbeddingRequest, FetchEmbeddingResponseSchema } from "../../../proto/index.js";
import { cropRegion } from "../../inference/crop-region.js";
import { embeddingRef } from "../../inference/models/embedding-ref.js";
import type { CallContext, Send } from "../../runtime/grpc/serve.js";
import { checkImageId } from "../../runtime/image-id.js";
import type { EncoderTier } from "../encoder-tier.js";
import { notFound } from "./encode.js";

/** Well under the receive limits of gRPC, and few enough that a cancelled call has not sent much. */
const chunkBytes = 512 * 1024;

/** `EncoderService.FetchEmbedding`: the record, from this process's memory or the shared cache. */
export async function fetchEmbedding(
  tier: EncoderTier,
  request: FetchEmbeddingRequest,
  send: Send<MessageInitShape<typeof FetchEmbeddingResponseSchema>>,
  { signal }: CallContext,
): Promise<void> {
  const ref = embeddingRef({
    imageId: checkImageId(request.imageId),
    model: tier.models.serving(request.model),
    crop: request.crop && cropRegion(request.crop),
  });
  const found = await tier.embeddings.get(ref);
  if (!found) throw notFound("The embedding is not here; have the picture encoded.", tier);
  const { record } = found;
  for (let at = 0; at < record.byteLength; at += chunkBytes) {
    signal.throwIfAborted();
    await send({ chunk: record.subarray(at, at + chunkBytes) });
  }
}
