import { type FrameState, stateOn, type TrackedObject } from "./track.js";

/** Frames that follow one another, on which an object stands the same. */
export interface Stretch {
  readonly state: FrameState;
  readonly first: number;
  /** Itself too. */
  readonly last: number;
}

export function stretchesOf(object: TrackedObject, frames: number): Stretch[] {
  const all: Stretch[] = [];
  for (let frame = 0; frame < frames; frame++) {
    const state = stateOn(object, frame);
    const latest = all.at(-1);
    if (latest?.state === state) all[all.length - 1] = { ...latest, last: frame };
    else all.push({ state, first: frame, last: frame });
  }
  return all;
}

/** How many frames there are of each kind, for those who do not see the lane. */
export function countsOf(object: TrackedObject, frames: number): ReadonlyMap<FrameState, number> {
  const counts = new Map<FrameState, number>();
  for (const { state, first, last } of stretchesOf(object, frames)) {
    counts.set(state, (counts.get(state) ?? 0) + last - first + 1);
  }
  return counts;
}
