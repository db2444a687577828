import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type EncodeEventSchema,
  EncodePriority,
  type EncodeReadySchema,
  type EncodeRequest,
  type ImageInfoSchema,
} from "../../../proto/index.js";
import { cropRegion } from "../../inference/crop-region.js";
import { type EmbeddingRef, embeddingRef } from "../../inference/models/embedding-ref.js";
import { Code, invalidArgument, overloaded, ServiceError } from "../../runtime/errors.js";
import type { CallContext, Send } from "../../runtime/grpc/serve.js";
import { checkImageId, ImageDigest } from "../../runtime/image-id.js";
import { inTime } from "../../runtime/limits/arrival-pace.js";
import type { HeldUpload } from "../../runtime/limits/upload-budget.js";
import type { PictureReading } from "../../sam/picture-reading.js";
import { PictureFile } from "../../stores/image-record.js";
import type { EncoderTier } from "../encoder-tier.js";
import type { Progress } from "../encodes/encode-flights.js";
import { checkBytes } from "../images/open-picture.js";

type Ready = MessageInitShape<typeof EncodeReadySchema>;
type SendEvent = Send<MessageInitShape<typeof EncodeEventSchema>>;

/** `EncoderService.Encode`: header, chunks -> events, the last of them `ready`. */
export async function encode(
  tier: EncoderTier,
  requests: AsyncIterable<EncodeRequest>,
  send: SendEvent,
  call: CallContext,
): Promise<void> {
  const held = tier.uploads.begin(call.origin.caller ?? "");
  try {
    await encodeHeld(tier, requests, send, { ...call, held });
  } finally {
    held.release();
  }
}

/** @param call with what the upload holds, until its embedding is stored. */
async function encodeHeld(
  tier: EncoderTier,
  requests: AsyncIterable<EncodeRequest>,
  send: SendEvent,
  call: CallContext & { held: HeldUpload },
): Promise<void> {
  const parts = requests[Symbol.asyncIterator]();
  const first = await inTime(tier.limits.pace, () => parts.next());
  if (first.done || first.value.part.case !== "header") {
    throw invalidArgument("The first message of Encode must be its header.");
  }
  const header = first.value.part.value;
  const model = tier.models.serving(header.model);
  const claimedId = header.imageId && checkImageId(header.imageId);
  const crop = header.crop && cropRegion(header.crop);
  const isBulk = header.priority === EncodePriority.BULK;
  const refOf = (imageId: string) => embeddingRef({ imageId, model, crop });
  const finish = async (ready: Ready) => send({ event: { case: "ready", value: ready } });

  const claimed = claimedId ? refOf(claimedId) : undefined;
  if (claimed) {
    const known = await findReady(tier, claimed);
    if (known) return finish(known);
  }
  // An encode that is under way is joined; what was or would be uploaded is not needed for it.
  const underWay = claimed !== undefined && tier.isEncoding(claimed);
  if (!underWay) tier.checkOpen();
  if (!underWay) tier.checkLoad();
  if (!underWay && tier.isFull(isBulk, call.origin.caller)) {
    throw overloaded(`Too many pictures are waiting; try again in ${tier.retryAfterMs} ms.`, tier.retryAfterMs);
  }
  const uploadAt = performance.now();
  const uploaded = underWay ? undefined : await readChunks(parts, tier, call.held);
  if (uploaded) call.span.past("upload", uploadAt, performance.now(), { "maskwire.bytes": uploaded.bytes });
  if (!uploaded && !claimedId) throw invalidArgument("Send the picture's bytes, or the image_id of a stored one.");
  const imageId = uploaded ? uploaded.imageId : claimedId;
  if (claimedId && imageId !== claimedId) {
    throw invalidArgument(`The bytes have the digest ${imageId}, not ${claimedId} as the header says.`);
  }
  const ref = claimed ?? refOf(imageId);
  if (!claimed) {
    const known = await findReady(tier, ref);
    if (known) return finish(known);
  }
  // Progress is told in order and never after the outcome.
  let told = Promise.resolve();
  const tell = (progress: Progress) => {
    told = told.then(() => send(toEvent(progress))).catch(() => {});
  };
  const ready = await tier.encodeOnce(ref, isBulk, tell, call, async (read) => {
    const file = uploaded && (await PictureFile.of(uploaded.chunks));
    const bytes = file?.bytes ?? (await tier.images.get(imageId))?.file;
    if (!bytes) throw notFound("The picture is not stored; upload it.", tier);
    // While it waits in line the file is there once, as its budget says.
    uploaded?.chunks.splice(0);
    const picture = await read(bytes);
    const { width, height } = picture;
    if (file) await tier.images.set(imageId, file, { width, height }, call.origin.caller);
    return picture;
  });
  await told;
  await finish(ready);
}

interface Upload {
  chunks: Uint8Array[];
  bytes: number;
  imageId: string;
}

/** The chunks, hashed as they arrive, or undefined when there are none. The limit holds while they arrive. */
async function readChunks(
  parts: AsyncIterator<EncodeRequest>,
  { limits }: EncoderTier,
  held: HeldUpload,
): Promise<Upload | undefined> {
  const chunks: Uint8Array[] = [];
  const digest = new ImageDigest();
  let bytes = 0;
  await inTime(limits.pace, async (pace) => {
    for (let next = await parts.next(); !next.done; next = await parts.next()) {
      const { part } = next.value;
      if (part.case !== "chunk") throw invalidArgument("After the header only chunks may follow.");
      bytes += part.value.byteLength;
      checkBytes(bytes, limits);
      held.grow(bytes);
      pace.arrived(part.value.byteLength);
      digest.update(part.value);
      chunks.push(part.value);
    }
  });
  return chunks.length > 0 ? { chunks, bytes, imageId: digest.imageId() } : undefined;
}

/** What neither this process nor the cache has; with the cache lost, another encoder may have it. */
export function notFound(message: string, { isCacheUp }: Pick<EncoderTier, "isCacheUp">): ServiceError {
  return new ServiceError({ code: Code.NOT_FOUND, message, ...(isCacheUp ? {} : { reason: "CACHE_LOST" }) });
}

/** An embedding that is there, as `ready` tells of it; undefined when it is to be made. */
export async function findReady(tier: Pick<EncoderTier, "embeddings">, ref: EmbeddingRef): Promise<Ready | undefined> {
  const found = await tier.embeddings.find(ref);
  if (!found) return undefined;
  const { width, height, reading } = found;
  const unshared = !(await tier.embeddings.share(ref));
  const image = imageInfo(ref.imageId, width, height, reading);
  return { image, model: ref.model.id, cached: true, timings: {}, unshared };
}

/** A picture as the contract tells of it. */
export function imageInfo(
  imageId: string,
  width: number,
  height: number,
  reading: PictureReading | undefined,
): MessageInitShape<typeof ImageInfoSchema> {
  if (!reading) return { imageId, width, height };
  const { orientation, page, pages, bands = [], range } = reading;
  return {
    imageId,
    width,
    height,
    reading: { orientation, page, pages, bands, ...(range ? { range: { low: range.low, high: range.high } } : {}) },
  };
}

function toEvent(progress: Progress): MessageInitShape<typeof EncodeEventSchema> {
  return progress.stage === "encoding"
    ? { event: { case: "encoding", value: {} } }
    : { event: { case: "queued", value: { position: progress.position, etaMs: progress.etaMs } } };
}
