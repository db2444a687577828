import { hideCursor, leaveOutAtCursor, moveCursor, pickNext, removePicked, useCursor } from "./cursor.js";
import { type Come, drop } from "./pick.js";
import { giveUp, pointerCancelled, pointerDown, pointerHeld, pointerLeft, pointerMoved, pointerUp } from "./pointer.js";
import type { PointingEvent } from "./pointing.js";
import type { State } from "./state.js";

/** What pointer and keys do on the canvas, and what comes of it. */
export function point(state: State, event: PointingEvent): Come {
  switch (event.kind) {
    case "pointer-down":
      return pointerDown(state, event);
    case "pointer-moved":
      return pointerMoved(state, event);
    case "pointer-up":
      return pointerUp(state, event.atMs);
    case "pointer-held":
      return pointerHeld(state, event.atMs);
    case "pointer-cancelled":
      return pointerCancelled(state);
    case "pointer-left":
      return pointerLeft(state);
    case "pointing-given-up": {
      const [next, ended] = giveUp(state);
      return [next, ended];
    }
    case "cursor-moved":
      return [moveCursor(state, event), []];
    case "cursor-used":
      return useCursor(state, event);
    case "cursor-left-out":
      return leaveOutAtCursor(state, event);
    case "cursor-hidden":
      return hideCursor(state, event);
    case "point-picked":
      return pickNext(state, event);
    case "picked-removed":
      return removePicked(state, event);
    case "carried-dropped":
      return drop(state, event.atMs);
  }
}
