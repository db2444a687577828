import { clear } from "./edit.js";
import type { Effect, EventOf } from "./event.js";
import {
  cancelEverything,
  foundFor,
  lightAt,
  showEverything,
  stepFound,
  takeAllFound,
  takeFound,
} from "./everything.js";
import { onPicture, type PictureEvent } from "./on-picture.js";
import type { ShownPicture, State } from "./state.js";

type Next = readonly [State, readonly Effect[]];

/** With the masks of everything mode over the picture the pointer and the keyboard are about them. */
export function onMasks(state: State, picture: ShownPicture, event: PictureEvent): Next {
  switch (event.kind) {
    case "hover":
      return [lightAt(state, picture, event), []];
    case "hover-end":
      return [lightAt(state, picture, undefined), []];
    case "everything-step":
      return [stepFound(state, picture, event), []];
    case "everything-take":
      return [takeFound(state, picture, foundFor(picture, undefined)), []];
    case "everything-take-all":
      return [takeAllFound(state, picture), []];
    case "point": {
      const found = foundFor(picture, event);
      if (found !== undefined) return [takeFound(state, picture, found), []];
      // There is no current object to leave a spot out of.
      return event.label === 0 ? [state, []] : onNewObject(state, picture, event);
    }
    case "box":
    case "painted":
      return onNewObject(state, picture, event);
    case "escape":
      return picture.everything.kind === "wanted" || picture.everything.kind === "finding"
        ? cancelEverything(state, picture)
        : [showEverything(state, picture, false), []];
    // What was done to the object before is not to be seen.
    case "clear":
    case "undo":
    case "redo":
    case "candidate":
    case "candidate-stepped":
    case "point-moved":
    case "point-removed":
    case "object-kept":
    case "press":
      return [state, []];
    // The object becomes the current one, and the masks make room for it.
    case "object-edited": {
      const next = showEverything(state, picture, false);
      return next.picture.kind === "empty" ? [next, []] : onPicture(next, next.picture, event);
    }
    default:
      return onPicture(state, picture, event);
  }
}

/** Where nothing was found a click asks as ever, about an object of its own. */
function onNewObject(state: State, picture: ShownPicture, event: EventOf<"point" | "box" | "painted">): Next {
  const bare: ShownPicture = { ...picture, edit: clear(picture.edit) };
  const aside = showEverything({ ...state, picture: bare }, bare, false);
  return aside.picture.kind === "empty" ? [aside, []] : onPicture(aside, aside.picture, event);
}
