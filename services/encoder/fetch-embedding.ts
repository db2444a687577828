import type { MessageInitShape } from "@bufbuild/protobuf";
import type { FetchEmbeddingRequest, FetchEmbeddingResponseSchema } from "../../proto/index.js";
import { cropRegion } from "../inference/crop-region.js";
import type { CallContext, Send } from "../runtime/grpc/serve.js";
import { checkImageId } from "../runtime/image-id.js";
import { notFound } from "./encode.js";
import type { EncoderTier } from "./encoder-tier.js";

/** Well under the receive limits of gRPC, and few enough that a cancelled call has not sent much. */
const chunkBytes = 512 * 1024;

/** `EncoderService.FetchEmbedding`: the record, from this process's memory or the shared cache. */
export async function fetchEmbedding(
  tier: EncoderTier,
  request: FetchEmbeddingRequest,
  send: Send<MessageInitShape<typeof FetchEmbeddingResponseSchema>>,
  { signal }: CallContext,
): Promise<void> {
  const imageId = checkImageId(request.imageId);
  const crop = request.crop && cropRegion(request.crop);
  const found = await tier.embeddings.get(imageId, tier.model(request.model), crop);
  if (!found) throw notFound("The embedding is not here; have the picture encoded.", tier);
  const { record } = found;
  for (let at = 0; at < record.byteLength; at += chunkBytes) {
    signal.throwIfAborted();
    await send({ chunk: record.subarray(at, at + chunkBytes) });
  }
}
