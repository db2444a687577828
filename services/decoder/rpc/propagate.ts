import {
  decodeRle,
  type KnownPicture,
  type MaskRuns,
  maxKnownPictures,
  maxTrackedObjects,
  type PropagateRequest,
  type Rle,
  TrackState,
} from "../../../proto/index.js";
import type { Admission } from "../../inference/admission.js";
import type { Models } from "../../inference/models/models.js";
import { requestedEmbedding } from "../../inference/requested-embedding.js";
import { Code, invalidArgument, isNotFound, ServiceError } from "../../runtime/errors.js";
import type { CallContext } from "../../runtime/grpc/serve.js";
import { maskMessage } from "../../sam/masks/mask-message.js";
import type { PictureSize } from "../../sam/prompts/check-prompt.js";
import { MemoryPropagator } from "../../sam/track/memory/memory-propagator.js";
import type { FrameOfTrack, Propagator, Remembered, Step } from "../../sam/track/propagator.js";
import type { TrackState as State } from "../../sam/track/track-state.js";
import { mostRecordBytes } from "../../stores/embedding-store.js";
import type { EmbeddingCache } from "../pictures/embedding-cache.js";
import type { Pictures, PictureTasks } from "../pictures/pictures.js";
import { LabelPropagator } from "../track/label-propagator.js";
import type { MemoryCache } from "../track/memory-cache.js";
import { checkSize, VideoPicture } from "../track/video-picture.js";
import { WorkerMemory } from "../track/worker-memory.js";
import type { Handlers } from "./handlers.js";

interface Objects {
  admission: Pick<Admission, "check">;
  models: Pick<Models, "serving">;
  pictures: Pick<Pictures, "open">;
  embeddings: Pick<EmbeddingCache, "maxBytes">;
  memories: MemoryCache;
}

const MiB = 2 ** 20;

const states: Readonly<Record<State, TrackState>> = {
  tracked: TrackState.TRACKED,
  unsure: TrackState.UNSURE,
  absent: TrackState.ABSENT,
};

/** Objects of other pictures of a video, in this one. Nobody waits for a frame as for a click: it is run behind those. */
export function propagate({ admission, models, pictures, embeddings, memories }: Objects): Handlers["propagate"] {
  const labels = new LabelPropagator();
  const memory = new MemoryPropagator(new WorkerMemory(memories));
  return async (request, call) => {
    admission.check();
    const known = checkKnown(request);
    call.take("everythingPointsPerHour", new Set(known.flatMap(({ masks }) => masks.map(({ object }) => object))).size);
    const video = openVideo({ models, pictures }, request, call);
    const { model } = video.target.ref;
    const made = async () => {
      const target = await video.target.open();
      const itsStep = { ...video, size: target };
      return { target, found: await (model.memory ? step(memory, request, itsStep) : step(labels, request, itsStep)) };
    };
    const { target, found } = await made().catch((error: unknown) => {
      // Each picture that a memory is made again of is needed by itself.
      throw isNotFound(error) && !model.memory ? missingOf(video, embeddings.maxBytes, error) : error;
    });
    return {
      likeness: found.likeness,
      objects: found.objects.map(({ id, state, mask, agreement }) => ({
        object: id,
        state: states[state],
        agreement,
        ...(mask ? { mask: maskMessage(mask, target) } : {}),
      })),
    };
  };
}

interface Video {
  readonly target: VideoPicture;
  /** In the order of the request. */
  readonly others: readonly VideoPicture[];
}

/** @throws ServiceError INVALID_ARGUMENT for an id that is none. Later, for a picture of another size. */
function openVideo(
  { models, pictures }: Pick<Objects, "models" | "pictures">,
  { imageId, model, known }: PropagateRequest,
  call: CallContext,
): Video {
  const [own, ...refs] = [{ imageId }, ...known].map((one) =>
    requestedEmbedding(models, { imageId: one.imageId, model }, call.origin),
  );
  if (!own) throw invalidArgument("There is no picture.");
  const target = new VideoPicture(own, () => pictures.open(own, call));
  const ofItsSize = async (opening: Promise<PictureTasks>) => {
    const [one, size] = await Promise.all([opening, target.open()]);
    checkSize(one, size);
    return one;
  };
  return { target, others: refs.map((ref) => new VideoPicture(ref, () => ofItsSize(pictures.open(ref, call)))) };
}

/** Labels are carried from all of them at once: where that is more than is kept, who brings them brings them in vain. */
function missingOf({ target, others }: Video, maxBytes: number, missing: ServiceError): ServiceError {
  const pictures = new Set([target, ...others].map(({ ref }) => ref.key)).size;
  const bytes = pictures * mostRecordBytes(target.ref.model);
  if (bytes <= maxBytes) return missing;
  return new ServiceError({
    code: Code.NOT_FOUND,
    reason: "CACHE_TOO_SMALL",
    message: `A frame is made from the embeddings of ${pictures} frames here, more than a decoder with a cache of ${Math.floor(maxBytes / MiB)} MiB keeps: MASKWIRE_DECODER_CACHE_BYTES must be at least ${Math.ceil(bytes / MiB)} MiB.`,
    cause: missing,
  });
}

function step<Memory>(
  propagator: Propagator<VideoPicture, Memory>,
  { known, frame, backward }: PropagateRequest,
  { target, others, size }: Video & { size: PictureSize },
): Promise<Step> {
  const objects = new Map<number, { id: number; shown: Map<number, Memory>; followed: Map<number, Memory> }>();
  for (const [place, { masks, everywhere: isShown, frame: own }] of known.entries()) {
    for (const { object: id, rle, state } of masks) {
      const object = objects.get(id) ?? { id, shown: new Map(), followed: new Map() };
      const mask = state === TrackState.ABSENT ? undefined : maskOf(rle, size);
      const memory = propagator.remember(others[place]!, { mask, isShown });
      object[isShown ? "shown" : "followed"].set(frame === undefined ? place : own, memory);
      objects.set(id, object);
    }
  }
  const at: FrameOfTrack = { frame: frame ?? known.length, direction: backward ? "backward" : "forward" };
  return propagator.step(target, at, sorted([...objects.values()]));
}

const sorted = <Memory>(objects: Remembered<Memory>[]) => objects.sort((a, b) => a.id - b.id);

/** @throws ServiceError INVALID_ARGUMENT */
function checkKnown({ known }: PropagateRequest): KnownPicture[] {
  if (known.length === 0) throw invalidArgument("`known` names no picture whose masks are known.");
  if (known.length > maxKnownPictures) throw invalidArgument(`\`known\` has at most ${maxKnownPictures} pictures.`);
  for (const { masks } of known) {
    if (masks.length === 0) throw invalidArgument("A picture of `known` has no mask.");
    if (masks.length > maxTrackedObjects) throw invalidArgument(`A picture has at most ${maxTrackedObjects} objects.`);
    const ids = new Set(masks.map(({ object }) => object));
    if (ids.size < masks.length) throw invalidArgument("An object has two masks in one picture of `known`.");
  }
  return known;
}

/** @throws ServiceError INVALID_ARGUMENT */
function maskOf(rle: Rle | undefined, { width, height }: PictureSize): MaskRuns {
  let mask: MaskRuns;
  try {
    if (!rle) throw new RangeError("it is left out");
    mask = decodeRle(rle);
  } catch (error) {
    throw invalidArgument(`A mask of \`known\` cannot be read: ${(error as Error).message}`);
  }
  if (mask.width === width && mask.height === height) return mask;
  throw invalidArgument(
    `A mask of \`known\` is ${mask.width} x ${mask.height} pixels, the pictures ${width} x ${height}.`,
  );
}
