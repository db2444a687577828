import { create } from "@bufbuild/protobuf";
import {
  type FollowedObject,
  FollowedObjectSchema,
  type FrameMasks,
  FrameMasksSchema,
  MaskSchema,
  maxTrackedObjects,
  type TrackedMask,
  TrackedMaskSchema,
  TrackState,
} from "../../../proto/index.js";
import { stateOn, type Track, type TrackedObject } from "../state/track.js";

/*
 * What a data set is told of a video's objects: the masks that stand. What was not made, and what a correction has made out of date,
 * says nothing. Pure.
 */

/** A request's worth. */
interface TracksPortion {
  readonly objects: FollowedObject[];
  readonly frames: FrameMasks[];
}

/** Few enough that a person sees it go on, and may end it. A request takes 500 frames and 2,000 masks. */
const mostFrames = 100;
/** Of run-length text; a request takes 16 MiB. */
const mostText = 2 ** 20;

/** @param nameOf of a track, unlike all others'. @param labelOf 0: none. */
export function tracksToKeep(
  { objects }: Track,
  frames: number,
  nameOf: (object: number) => string,
  labelOf: (object: number) => number,
): TracksPortion[] {
  const portions: TracksPortion[] = [];
  for (let at = 0; at < objects.length; at += maxTrackedObjects) {
    const group = objects.slice(at, at + maxTrackedObjects);
    const named = group.map(({ id }) =>
      create(FollowedObjectSchema, { object: id, name: nameOf(id), label: labelOf(id) }),
    );
    for (const portion of portionsOf(group, frames)) portions.push({ objects: named, frames: portion });
  }
  return portions;
}

function* portionsOf(objects: readonly TrackedObject[], frames: number): Generator<FrameMasks[]> {
  let portion: FrameMasks[] = [];
  let text = 0;
  for (let frame = 0; frame < frames; frame++) {
    const masks = objects.flatMap((object) => standing(object, frame) ?? []);
    if (masks.length === 0) continue;
    const more = masks.reduce((sum, { mask }) => sum + (mask?.rle?.counts.length ?? 0), 0);
    if (portion.length >= mostFrames || (portion.length > 0 && text + more > mostText)) {
      yield portion;
      [portion, text] = [[], 0];
    }
    portion.push(create(FrameMasksSchema, { frame, objects: masks }));
    text += more;
  }
  if (portion.length > 0) yield portion;
}

/** Undefined: nothing that stands. */
function standing(object: TrackedObject, frame: number): TrackedMask | undefined {
  const state = tellable[stateOn(object, frame)];
  if (state === undefined) return undefined;
  const made = object.made[frame];
  const mask = object.person.get(frame) ?? made?.mask;
  if (mask?.rle === undefined) {
    return create(TrackedMaskSchema, { object: object.id, state: TrackState.ABSENT });
  }
  const { area, predictedIou, stabilityScore } = mask;
  return create(TrackedMaskSchema, {
    object: object.id,
    state,
    mask: create(MaskSchema, { rle: mask.rle, area, predictedIou, stabilityScore }),
    agreement: object.person.has(frame) ? 0 : (made?.agreement ?? 0),
  });
}

/** Who has found right what a model was unsure of has made no mask: it is the model's, and sure. */
const tellable: Readonly<Partial<Record<ReturnType<typeof stateOn>, TrackState>>> = {
  corrected: TrackState.CORRECTED,
  tracked: TrackState.TRACKED,
  accepted: TrackState.TRACKED,
  unsure: TrackState.UNSURE,
  absent: TrackState.ABSENT,
};
