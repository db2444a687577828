import type { ClientEvent } from "./event.js";
import { revealed } from "./looking.js";
import { promptsInSight } from "./pointed.js";
import type { Pointing } from "./pointing.js";
import type { State } from "./state.js";

/** A state and what has happened in it, which is to be looked at next. */
export type Come = readonly [State, readonly ClientEvent[]];

export function withPointing(state: State, change: Partial<Pointing>): State {
  return { ...state, pointing: { ...state.pointing, ...change } };
}

/** Picks a point and brings it into view, or picks none. */
export function pick(state: State, picked: number | undefined): State {
  const { pointing } = state;
  const isSame = pointing.picked === picked;
  if (isSame && pointing.carried === undefined) return state;
  const next = withPointing(state, { picked, carried: undefined });
  const point = isSame || picked === undefined ? undefined : promptsInSight(state).points[picked];
  return point === undefined ? next : revealed(next, point);
}

/** A point that keys have carried is let go where it is. */
export function drop(state: State, atMs: number): Come {
  const { carried } = state.pointing;
  if (carried === undefined) return [state, []];
  const { index, to } = carried;
  return [withPointing(state, { carried: undefined }), [{ kind: "point-moved", index, ...to, atMs }]];
}
