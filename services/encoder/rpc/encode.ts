import type { MessageInitShape } from "@bufbuild/protobuf";
import { type EncodeEventSchema, EncodePriority, type EncodeRequest } from "../../../proto/index.js";
import { cropRegion } from "../../inference/crop-region.js";
import { embeddingRef } from "../../inference/models/embedding-ref.js";
import type { Models } from "../../inference/models/models.js";
import { invalidArgument } from "../../runtime/errors.js";
import type { CallContext, Send } from "../../runtime/grpc/serve.js";
import { checkImageId } from "../../runtime/image-id.js";
import { inTime } from "../../runtime/limits/arrival-pace.js";
import { holderOf } from "../../runtime/limits/shares.js";
import type { HeldUpload, UploadBudget } from "../../runtime/limits/upload-budget.js";
import type { EmbeddingStore } from "../../stores/embedding-store.js";
import type { ImageStore } from "../../stores/image-store.js";
import type { Progress } from "../encodes/encode-flights.js";
import type { EncodeOnce } from "../encodes/encode-once.js";
import { storedPicture, uploadedPicture } from "../encodes/picture-source.js";
import { ProgressEvents } from "../encodes/progress-events.js";
import { findReady, type Ready } from "../encodes/ready.js";
import type { Handlers } from "./handlers.js";
import { readUpload, type UploadLimits } from "./read-upload.js";

type Event = MessageInitShape<typeof EncodeEventSchema>;

interface Objects {
  models: Models;
  uploads: UploadBudget;
  limits: UploadLimits;
  embeddings: EmbeddingStore;
  images: ImageStore;
  encodes: EncodeOnce;
  isCacheUp: () => boolean;
}

/** Header, chunks -> events, the last of them `ready`. */
export function encode(objects: Objects): Handlers["encode"] {
  return async (requests, send, call) => {
    // Until its embedding is stored.
    const held = objects.uploads.begin(holderOf(call.origin));
    try {
      const ready = await encodeHeld(objects, requests, send, call, held);
      await send({ event: { case: "ready", value: ready } });
    } finally {
      held.release();
    }
  };
}

async function encodeHeld(
  { models, limits, embeddings, images, encodes, isCacheUp }: Objects,
  requests: AsyncIterable<EncodeRequest>,
  send: Send<Event>,
  call: CallContext,
  held: HeldUpload,
): Promise<Ready> {
  const { caller, tenant } = call.origin;
  const parts = requests[Symbol.asyncIterator]();
  const first = await inTime(limits.pace, () => parts.next());
  if (first.done || first.value.part.case !== "header") {
    throw invalidArgument("The first message of Encode must be its header.");
  }
  const header = first.value.part.value;
  const model = models.serving(header.model);
  const claimedId = header.imageId && checkImageId(header.imageId);
  const crop = header.crop && cropRegion(header.crop);
  const isBulk = header.priority === EncodePriority.BULK;
  const waiting = { isBulk, wantsDraft: header.drafts };
  const claimed = claimedId ? embeddingRef({ tenant, imageId: claimedId, model, crop }) : undefined;

  const known = claimed && (await findReady(embeddings, claimed));
  if (known) return known;
  // An encode that is under way is joined; what was or would be uploaded is not needed for it.
  const isUnderWay = claimed !== undefined && encodes.isUnderWay(claimed);
  if (!isUnderWay) encodes.checkRoom({ isBulk, caller, tenant });
  if (!isUnderWay) call.take("encodesPerHour", 1);
  // The next one waits for what comes now.
  const [rate, kept] = [call.take("bytesPerSecond", 0), call.take("storedBytes", 0)];
  const uploadAt = performance.now();
  const onBytes = () => call.audited.does("upload", claimedId);
  const upload = isUnderWay ? undefined : await readUpload(parts, limits, held, onBytes);
  if (upload) call.audited.does("upload", upload.imageId);
  rate.correct(upload?.bytes ?? 0);
  kept.correct(upload?.bytes ?? 0);
  if (upload) call.span.past("upload", uploadAt, performance.now(), { "maskwire.bytes": upload.bytes });
  if (!upload && !claimed) throw invalidArgument("Send the picture's bytes, or the image_id of a stored one.");
  if (upload && claimed && upload.imageId !== claimedId) {
    throw invalidArgument(`The bytes have the digest ${upload.imageId}, not ${claimedId} as the header says.`);
  }
  const ref = claimed ?? embeddingRef({ tenant, imageId: upload?.imageId ?? "", model, crop });
  const made = claimed ? undefined : await findReady(embeddings, ref);
  if (made) return made;
  const source = upload ? uploadedPicture(images, ref, upload.file, caller) : storedPicture(images, ref, isCacheUp);
  // Progress is told in order and never after the outcome.
  let told = Promise.resolve();
  const events = new ProgressEvents({ tellsDrafts: header.drafts, model: model.id });
  const tell = (progress: Progress) => {
    for (const event of events.of(progress)) told = told.then(() => send({ event })).catch(() => {});
  };
  const ready = await encodes.encode(ref, waiting, source, tell, call);
  await told;
  return ready;
}
