import { type FrameMasks, type FrameRange, type Mask, TrackState } from "../../../proto/index.js";

/*
 * What is known of a video's objects, frame by frame: the masks that people have made, which nothing else takes the place of, and
 * those that the service made of them. Pure: nothing here knows a page or a connection.
 */

/** A mask that the service made, of one object on one frame. */
export interface Made {
  readonly state: TrackState;
  /** Left out where the object is absent. */
  readonly mask: Mask | undefined;
  readonly agreement: number;
  /** It comes from what a person has corrected since. */
  readonly isOutdated: boolean;
  /** A person has looked at it and found it right. */
  readonly isAccepted: boolean;
}

export interface TrackedObject {
  readonly id: number;
  /** The person's own; without one it goes by its number. */
  readonly name: string | undefined;
  /** Which of the page's colours. */
  readonly colour: number;
  readonly isVisible: boolean;
  /** By frame. */
  readonly person: ReadonlyMap<number, Mask>;
  readonly made: readonly (Made | undefined)[];
  /** The tracks of data sets that it was kept as, by their sequences. */
  readonly keptAs?: ReadonlyMap<bigint, bigint>;
}

export interface Track {
  readonly objects: readonly TrackedObject[];
  /** Removed, as undo may bring them back. */
  readonly bin: readonly TrackedObject[];
  /** Frames that likely have a cut before them. */
  readonly cuts: ReadonlySet<number>;
}

export const emptyTrack: Track = { objects: [], bin: [], cuts: new Set() };

export function objectOf(track: Track, id: number): TrackedObject | undefined {
  return track.objects.find((object) => object.id === id);
}

/** What is shown and exported of an object on a frame. */
export function maskOn({ person, made }: TrackedObject, frame: number): Mask | undefined {
  return person.get(frame) ?? made[frame]?.mask;
}

/** How an object stands on a frame. */
export type FrameState = "none" | "corrected" | "tracked" | "accepted" | "unsure" | "absent" | "outdated";

export function stateOn({ person, made }: TrackedObject, frame: number): FrameState {
  if (person.has(frame)) return "corrected";
  const one = made[frame];
  if (one === undefined) return "none";
  if (one.isOutdated) return "outdated";
  if (one.isAccepted) return "accepted";
  if (one.state === TrackState.UNSURE) return "unsure";
  return one.state === TrackState.ABSENT ? "absent" : "tracked";
}

/**
 * A person shows an object on a frame: a new one, or one that is there. What was made from there to the next frames on which it is
 * shown is out of date, as the service says too, who may not be there to say it.
 */
export function shown(
  track: Track,
  frame: number,
  mask: Mask,
  like: Pick<TrackedObject, "id" | "colour" | "name">,
): Track {
  const object: TrackedObject = objectOf(track, like.id) ?? { ...like, isVisible: true, person: new Map(), made: [] };
  const next = { ...object, person: new Map([...object.person, [frame, mask]]) };
  return withObject(track, outdatedAround(next, frame));
}

/** What a person has shown of an object on a frame is taken back: the frame is to be made like those beside it. */
export function unshown(track: Track, id: number, frame: number): Track {
  const object = objectOf(track, id);
  if (object === undefined || !object.person.has(frame)) return track;
  const person = new Map(object.person);
  person.delete(frame);
  return withObject(track, outdatedAround({ ...object, person }, frame));
}

export function removed(track: Track, id: number): Track {
  const object = objectOf(track, id);
  if (object === undefined) return track;
  const bin = [...track.bin.filter((one) => one.id !== id), object];
  return { ...track, objects: track.objects.filter((one) => one !== object), bin };
}

/** An object as it was when it was removed. */
export function broughtBack(track: Track, id: number): Track {
  const object = track.bin.find((one) => one.id === id);
  return object === undefined ? track : withObject(track, object);
}

export function changed(
  track: Track,
  id: number,
  more: Partial<Pick<TrackedObject, "name" | "colour" | "isVisible" | "keptAs">>,
): Track {
  const object = objectOf(track, id);
  return object === undefined ? track : withObject(track, { ...object, ...more });
}

/** A frame as the service has made it; objects that it does not name, and that are removed here, are as they were. */
export function made(track: Track, { frame, objects, cut }: FrameMasks): Track {
  let next = track;
  for (const { object: id, state, mask, agreement } of objects) {
    const object = objectOf(next, id);
    // What a person shows there is here already.
    if (object === undefined || state === TrackState.CORRECTED) continue;
    const one: Made = { state, mask, agreement, isOutdated: false, isAccepted: false };
    next = withObject(next, { ...object, made: placed(object.made, frame, one) });
  }
  if (cut === next.cuts.has(frame)) return next;
  const cuts = new Set(next.cuts);
  if (cut) cuts.add(frame);
  else if (objects.length > 0) cuts.delete(frame);
  return { ...next, cuts };
}

/** What the service says is to be made anew. */
export function outdated(track: Track, ranges: readonly FrameRange[]): Track {
  let next = track;
  for (const { object: id, first, last } of ranges) {
    const object = objectOf(next, id);
    if (object === undefined) continue;
    next = withObject(next, outdatedBetween(object, first, last));
  }
  return next;
}

/** What was made of an object from a frame to the next ones, on both sides, on which a person shows it. */
function outdatedAround(object: TrackedObject, frame: number): TrackedObject {
  const others = [...object.person.keys()];
  const before = Math.max(-1, ...others.filter((one) => one < frame));
  const behind = Math.min(object.made.length, ...others.filter((one) => one > frame));
  return outdatedBetween(object, before + 1, behind - 1);
}

function outdatedBetween(object: TrackedObject, first: number, last: number): TrackedObject {
  const made = object.made.map((one, frame) =>
    one !== undefined && frame >= first && frame <= last && !one.isOutdated ? { ...one, isOutdated: true } : one,
  );
  return { ...object, made };
}

/** A person finds right what is there of an object on a frame, or of all of them. */
export function accepted(track: Track, frame: number, id?: number): Track {
  let next = track;
  for (const object of track.objects) {
    const one = object.made[frame];
    if ((id !== undefined && object.id !== id) || one === undefined || one.isAccepted || object.person.has(frame))
      continue;
    next = withObject(next, { ...object, made: placed(object.made, frame, { ...one, isAccepted: true }) });
  }
  return next;
}

/** Frames on which something is missing or out of date, of the objects that a person has shown at all. */
export function toMake(track: Track, frames: number): number[] {
  return [...due(track, 0, frames, 1)];
}

/** The first of them in the order in which they are made: from one on forwards, then from there back. */
export function nextToMake(track: Track, frames: number, from: number, most: number): number[] {
  const next: number[] = [];
  for (const frame of due(track, from, frames, 1)) if (next.push(frame) >= most) return next;
  for (const frame of due(track, from - 1, -1, -1)) if (next.push(frame) >= most) return next;
  return next;
}

/** Up to, not with, `end`; no farther than is asked for: a video has thousands. */
function* due(track: Track, from: number, end: number, by: 1 | -1): Generator<number> {
  const followed = track.objects.filter(({ person }) => person.size > 0);
  for (let frame = from; frame !== end && (end - frame) * by > 0; frame += by) {
    const isDue = followed.some((object) => {
      const state = stateOn(object, frame);
      return state === "none" || state === "outdated";
    });
    if (isDue) yield frame;
  }
}

/** The next frame, round and round, on which an object is unsure. */
export function nextUnsure(track: Track, frames: number, from: number, by: 1 | -1): number | undefined {
  for (let step = 1; step <= frames; step++) {
    const frame = (((from + by * step) % frames) + frames) % frames;
    if (track.objects.some((object) => stateOn(object, frame) === "unsure")) return frame;
  }
  return undefined;
}

function withObject(track: Track, object: TrackedObject): Track {
  const isThere = track.objects.some(({ id }) => id === object.id);
  const objects = isThere
    ? track.objects.map((one) => (one.id === object.id ? object : one))
    : [...track.objects, object].sort((a, b) => a.id - b.id);
  return { ...track, objects, bin: track.bin.filter(({ id }) => id !== object.id) };
}

function placed(all: readonly (Made | undefined)[], frame: number, one: Made): (Made | undefined)[] {
  const next = all.slice();
  while (next.length < frame) next.push(undefined);
  next[frame] = one;
  return next;
}
