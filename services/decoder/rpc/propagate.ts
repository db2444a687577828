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
import { invalidArgument } from "../../runtime/errors.js";
import { maskMessage } from "../../sam/masks/mask-message.js";
import type { PictureSize } from "../../sam/prompts/check-prompt.js";
import type { TrackState as State } from "../../sam/track/track-state.js";
import type { Pictures } from "../pictures/pictures.js";
import { followLabels } from "../track/follow-labels.js";
import type { CarryTask } from "../worker/decoder-tasks.js";
import type { Handlers } from "./handlers.js";

interface Objects {
  admission: Pick<Admission, "check">;
  models: Pick<Models, "serving">;
  pictures: Pick<Pictures, "open">;
}

const states: Readonly<Record<State, TrackState>> = {
  tracked: TrackState.TRACKED,
  unsure: TrackState.UNSURE,
  absent: TrackState.ABSENT,
};

/** Objects of other pictures of a video, in this one. Nobody waits for a frame as for a click: it is run behind those. */
export function propagate({ admission, models, pictures }: Objects): Handlers["propagate"] {
  return async (request, call) => {
    admission.check();
    const known = checkKnown(request);
    call.take("everythingPointsPerHour", new Set(known.flatMap(({ masks }) => masks.map(({ object }) => object))).size);
    const refs = [request, ...known].map(({ imageId }) =>
      requestedEmbedding(models, { imageId, model: request.model }, call.origin),
    );
    const [target, ...others] = await Promise.all(refs.map((ref) => pictures.open(ref, call)));
    if (!target) throw invalidArgument("There is no picture.");
    for (const one of others) checkSize(one, target);
    const memory = known.map(({ everywhere }, at) => ({ ...others[at]!.embedding, everywhere }));
    const objects = objectsOf(known, target);
    const found = await followLabels(target, { memory, objects });
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

function checkSize({ width, height }: PictureSize, target: PictureSize): void {
  if (width === target.width && height === target.height) return;
  throw invalidArgument(
    `The pictures of a video are of one size; one is ${width} x ${height}, another ${target.width} x ${target.height}.`,
  );
}

function objectsOf(known: readonly KnownPicture[], size: PictureSize): CarryTask["objects"] {
  const objects = new Map<number, CarryTask["objects"][number]>();
  for (const [frame, { masks }] of known.entries()) {
    for (const { object: id, rle } of masks) {
      const object = objects.get(id) ?? { id, known: [] };
      object.known.push({ frame, mask: maskOf(rle, size) });
      objects.set(id, object);
    }
  }
  return [...objects.values()].sort((a, b) => a.id - b.id);
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
