import { TrackDirection } from "../../../proto/index.js";
import type { OpenedVideo, Pass, PlannedStep, Run, TrackedObject } from "./video-state.js";

/** The next frame on which a person has shown an object, before and behind one. */
export function shownBeside({ shownFrames }: TrackedObject, frame: number): { before?: number; behind?: number } {
  // The first that is not before it.
  let [low, high] = [0, shownFrames.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((shownFrames[middle] as number) < frame) low = middle + 1;
    else high = middle;
  }
  const at = shownFrames[low] === frame ? low + 1 : low;
  const [before, behind] = [shownFrames[low - 1], shownFrames[at]];
  return { ...(before === undefined ? {} : { before }), ...(behind === undefined ? {} : { behind }) };
}

/**
 * The shown frame from which an object is followed to this one: the nearer, but none behind the end of the run, from where there would
 * be nothing on the way. Undefined for one that is shown nowhere else.
 */
export function sourceOf(object: TrackedObject, frame: number, last: number): number | undefined {
  const { before, behind } = shownBeside(object, frame);
  if (before === undefined || behind === undefined) return before ?? behind;
  return behind <= last && behind - frame < frame - before ? behind : before;
}

export const lastOf = ({ imageIds }: OpenedVideo, { last }: Run): number =>
  Math.min(last ?? imageIds.length - 1, imageIds.length - 1);

export const isOnward = (pass: Pass): boolean => pass === 0 || pass === 3;

/** What a run has still to make, in its order. */
export function* planOf(video: OpenedVideo, run: Run): Generator<PlannedStep> {
  const end = lastOf(video, run);
  const objects = [...video.objects.values()];
  for (const { pass, from, to } of passesOf(run, end)) {
    const onward = isOnward(pass);
    const begin = begunAt(run, pass, from);
    if (begin === undefined) continue;
    for (let frame = begin; onward ? frame <= to : frame >= to; frame += onward ? 1 : -1) {
      const wanted = objects.filter((object) => isToBeMade(object, frame, onward, end)).map(({ id }) => id);
      if (wanted.length > 0) yield { pass, frame, objects: wanted };
    }
  }
}

/** Forwards and back behind `from`, then back and forwards before it. */
function passesOf({ from, direction, first }: Run, last: number): { pass: Pass; from: number; to: number }[] {
  const start = Math.max(from, first);
  const behind = [
    { pass: 0 as const, from: start, to: last },
    { pass: 1 as const, from: last, to: start },
  ];
  const end = Math.min(direction === TrackDirection.BACKWARD ? from : from - 1, last);
  const before = [
    { pass: 2 as const, from: end, to: first },
    { pass: 3 as const, from: first, to: end },
  ];
  return [
    ...(direction === TrackDirection.BACKWARD ? [] : behind),
    ...(direction === TrackDirection.FORWARD ? [] : before),
  ];
}

/** @returns undefined for a pass that is over. */
function begunAt({ at }: Run, pass: Pass, from: number): number | undefined {
  if (!at || pass > at.pass) return from;
  return pass === at.pass ? at.frame : undefined;
}

function isToBeMade(object: TrackedObject, frame: number, onward: boolean, last: number): boolean {
  const cell = object.cells.get(frame);
  if ((cell && !cell.isOutdated) || object.shown.has(frame)) return false;
  const source = sourceOf(object, frame, last);
  return source !== undefined && source < frame === onward;
}
