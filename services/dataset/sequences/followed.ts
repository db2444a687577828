import {
  type FollowedObject,
  maxSavedMasks,
  type SaveTracksRequest,
  type TrackedMask,
  type TrackPrompt,
  TrackState,
} from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import { checkName } from "./check-name.js";

/** What was followed to a frame. */
export interface FollowedMask {
  readonly object: FollowedObject;
  /** In the sequence. */
  readonly frame: number;
  /** Undefined: the object is not in the frame. */
  readonly found: TrackedMask | undefined;
  /** What a person has shown it by, there. */
  readonly prompt: TrackPrompt | undefined;
}

/** What a request says, one by one. @throws ServiceError INVALID_ARGUMENT for what cannot be meant. */
export function followedIn({ objects, frames, prompts }: SaveTracksRequest): FollowedMask[] {
  const byNumber = new Map(objects.map((one) => [one.object, one]));
  if (objects.length === 0) throw invalidArgument("`objects` names none.");
  if (byNumber.size < objects.length) throw invalidArgument("`objects` has one number twice.");
  if (new Set(objects.map(({ name }) => name)).size < objects.length) {
    throw invalidArgument("`objects` has one name twice, and each is a track of its own.");
  }
  for (const { name } of objects) checkName(name, "A track");
  const shown = new Map(prompts.map((one) => [`${one.frame} ${one.object}`, one]));
  const told = new Map<string, FollowedMask>();
  for (const { frame, objects: masks } of frames) {
    for (const mask of masks) {
      const place = `${frame} ${mask.object}`;
      const object = byNumber.get(mask.object);
      if (!object) throw invalidArgument(`The object ${mask.object} on the frame ${frame} is none of \`objects\`.`);
      // A track tells frames with prompts twice: what it says last holds.
      told.set(place, { object, frame, found: foundIn(mask, frame), prompt: shown.get(place) });
    }
  }
  const all = [...told.values()];
  if (all.length > maxSavedMasks) {
    throw invalidArgument(
      `At most ${maxSavedMasks} masks are kept at once, and there are ${all.length}: send some frames, then more.`,
    );
  }
  return all;
}

function foundIn(mask: TrackedMask, frame: number): TrackedMask | undefined {
  const { state, object } = mask;
  if (state === TrackState.UNSPECIFIED || TrackState[state] === undefined) {
    throw invalidArgument(
      `The object ${object} on the frame ${frame} needs a state: tracked, unsure, absent or corrected.`,
    );
  }
  if (state === TrackState.ABSENT) return undefined;
  const { rle } = mask.mask ?? {};
  // A person may have said that it is not there.
  if (state === TrackState.CORRECTED && (!rle || mask.mask?.area === 0)) return undefined;
  if (!rle) throw invalidArgument(`The object ${object} on the frame ${frame} has no mask, and is not absent.`);
  return mask;
}
