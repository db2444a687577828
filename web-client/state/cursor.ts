import type { Corners, Size, Spot } from "../geometry/spot.js";
import { placeOf } from "../geometry/viewport.js";
import type { ClientEvent, EventOf } from "./event.js";
import { close } from "./gesture.js";
import { revealed } from "./looking.js";
import { canKeep } from "./objects.js";
import { comes, removed } from "./outcome.js";
import { type Come, drop, pick, withPointing } from "./pick.js";
import { pickedPoint, pictureSize, promptsInSight } from "./pointed.js";
import { tap } from "./pointer.js";
import type { State } from "./state.js";

/* The canvas without a mouse: a cursor to use the tool at, and points to pick, move and remove. */

/** Shares of the picture that an arrow key moves by. */
const step = 1 / 50;
const fineStep = 1 / 400;

/** The picked point goes where the key says, until it is let go; or the cursor does. */
export function moveCursor(state: State, { way, isFine }: EventOf<"cursor-moved">): State {
  const size = pictureSize(state);
  if (size === undefined) return state;
  const picked = pickedPoint(state);
  const point = picked === undefined ? undefined : promptsInSight(state).points[picked];
  const at = state.pointing.carried?.to ?? point ?? cursorPlace(state, size);
  const by = Math.max(1, Math.round(Math.max(size.width, size.height) * (isFine ? fineStep : step)));
  const to = {
    x: Math.min(size.width - 1, Math.max(0, at.x + way.x * by)),
    y: Math.min(size.height - 1, Math.max(0, at.y + way.y * by)),
  };
  const moved =
    picked === undefined
      ? withPointing(pick(state, undefined), { cursor: to })
      : withPointing(state, { carried: { index: picked, to } });
  return revealed(moved, to);
}

export function useCursor(state: State, { isSecondary, atMs }: EventOf<"cursor-used">): Come {
  const size = pictureSize(state);
  if (size === undefined) return [state, []];
  const { cursor, corner } = state.pointing;
  const finished = cursor === undefined && corner === undefined ? finish(state, atMs) : undefined;
  if (finished !== undefined) {
    const [next, moved] = drop(finished[0], atMs);
    return [next, [...finished[1], ...moved]];
  }
  if (state.tools.tool === "box") return setCorner(state, cursorPlace(state, size), atMs);
  return tapAtCursor(state, size, isSecondary, atMs);
}

export function leaveOutAtCursor(state: State, { atMs }: EventOf<"cursor-left-out">): Come {
  const size = pictureSize(state);
  return size === undefined ? [state, []] : tapAtCursor(state, size, true, atMs);
}

export function hideCursor(before: State, { atMs }: EventOf<"cursor-hidden">): Come {
  const [state, moved] = drop(before, atMs);
  return [withPointing(state, { cursor: undefined, corner: undefined }), moved];
}

/** The next point or the one before, round and round. */
export function pickNext(before: State, { by, atMs }: EventOf<"point-picked">): Come {
  const [state, moved] = drop(before, atMs);
  const count = promptsInSight(state).points.length;
  if (count === 0) return [state, moved];
  const at = pickedPoint(state);
  return [pick(state, at === undefined ? (by > 0 ? 0 : count - 1) : (at + by + count) % count), moved];
}

export function removePicked(state: State, { atMs }: EventOf<"picked-removed">): Come {
  const picked = pickedPoint(state);
  return picked === undefined ? [state, []] : removed(state, picked, atMs);
}

/** Closes a lasso that is set corner by corner, or else keeps the object. */
function finish(state: State, atMs: number): Come | undefined {
  const [gesture, outcome] = close(state.pointing.gesture);
  if (outcome !== undefined) return comes(withPointing(state, { gesture }), outcome, atMs);
  return canKeep(state) ? [state, [{ kind: "object-kept" }]] : undefined;
}

function setCorner(state: State, at: Spot, atMs: number): Come {
  const { corner } = state.pointing;
  if (corner === undefined) return [withPointing(state, { corner: at }), []];
  if (corner.x === at.x || corner.y === at.y) return [state, []];
  return [withPointing(state, { corner: undefined }), [{ kind: "box", ...between(corner, at), atMs }]];
}

function tapAtCursor(state: State, size: Size, isSecondary: boolean, atMs: number): Come {
  const { tool, label } = state.tools;
  const spot = cursorPlace(state, size);
  // A place of the keyboard's is a pixel; the picture may reach beyond the canvas, and then so does the place.
  if (tool !== "click" && tool !== "pan") return tap(state, placeOf(state.viewport, spot), isSecondary, atMs);
  const point: ClientEvent = { kind: "point", ...spot, label: isSecondary ? 0 : label, atMs };
  return [state, [point]];
}

/** In the middle until it has been moved. */
function cursorPlace({ pointing: { cursor } }: State, size: Size): Spot {
  return cursor !== undefined && cursor.x < size.width && cursor.y < size.height
    ? cursor
    : { x: Math.floor(size.width / 2), y: Math.floor(size.height / 2) };
}

function between(a: Spot, b: Spot): Corners {
  return { x0: Math.min(a.x, b.x), y0: Math.min(a.y, b.y), x1: Math.max(a.x, b.x), y1: Math.max(a.y, b.y) };
}
