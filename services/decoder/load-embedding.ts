import type { MessageInitShape } from "@bufbuild/protobuf";
import type { LoadEmbeddingRequest, LoadEmbeddingResponseSchema } from "../../proto/index.js";
import { cropRegion } from "../inference/crop-region.js";
import { embeddingRef } from "../inference/models/embedding-ref.js";
import type { Models } from "../inference/models/models.js";
import { Code, invalidArgument, ServiceError } from "../runtime/errors.js";
import { checkImageId } from "../runtime/image-id.js";
import { RecordError } from "../sam/record-error.js";
import { mostRecordBytes } from "../stores/embedding-store.js";
import type { DecoderTier } from "./decoder-tier.js";

export type LoadTier = Pick<DecoderTier, "embeddings" | "enterLoad"> & { models: Pick<Models, "serving"> };

/** `DecoderService.LoadEmbedding`: header, chunks -> kept in this process, checked like a record of the shared cache. */
export async function loadEmbedding(
  tier: LoadTier,
  requests: AsyncIterable<LoadEmbeddingRequest>,
): Promise<MessageInitShape<typeof LoadEmbeddingResponseSchema>> {
  const parts = requests[Symbol.asyncIterator]();
  const first = await parts.next();
  if (first.done || first.value.part.case !== "header") {
    throw invalidArgument("The first message of LoadEmbedding must be its header.");
  }
  const header = first.value.part.value;
  const ref = embeddingRef({
    imageId: checkImageId(header.imageId),
    model: tier.models.serving(header.model),
    crop: header.crop && cropRegion(header.crop),
  });
  if (tier.embeddings.has(ref)) return { cached: true };
  const leave = tier.enterLoad();
  try {
    const record = await readChunks(parts, mostRecordBytes(ref.model));
    if (!keep(() => tier.embeddings.put(ref, record))) {
      const message = "The decoder's memory for embeddings is smaller than this one.";
      throw new ServiceError({ code: Code.RESOURCE_EXHAUSTED, message });
    }
    return { cached: false };
  } finally {
    leave();
  }
}

async function readChunks(parts: AsyncIterator<LoadEmbeddingRequest>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (let next = await parts.next(); !next.done; next = await parts.next()) {
    const { part } = next.value;
    if (part.case !== "chunk") throw invalidArgument("After the header only chunks may follow.");
    total += part.value.byteLength;
    if (total > maxBytes) throw invalidArgument("The record is larger than any of this model.");
    chunks.push(part.value);
  }
  return Buffer.concat(chunks, total);
}

function keep(put: () => boolean): boolean {
  try {
    return put();
  } catch (cause) {
    const why = cause instanceof RecordError ? cause.message : "a damaged record";
    throw new ServiceError({
      code: Code.INVALID_ARGUMENT,
      message: `The embedding cannot be used: it is ${why}.`,
      cause,
    });
  }
}
