import { answerClick, flush } from "./clicks.js";
import { ask, choose, clear, edited, movePoint, redo, refine, removePoint, setBox, undo } from "./edit.js";
import { sentenceOf } from "./errors.js";
import type { ClientEvent, Effect, EventOf } from "./event.js";
import {
  beginEverything,
  cancelEverything,
  everythingFailed,
  foundFor,
  hearEverything,
  lightAt,
  pursueEverything,
  showEverything,
  stepFound,
  takeFound,
} from "./everything.js";
import { reconnect } from "./link.js";
import {
  combineObjects,
  editObject,
  keepObject,
  moveObject,
  recolourObject,
  removeObject,
  renameObject,
  showObject,
} from "./objects.js";
import { paint } from "./painting.js";
import { imageEvent, reopen, show, uploadEvent, uploadFailed } from "./picture.js";
import { answerPreview, endHover, hover, press } from "./preview.js";
import { movePreviews } from "./preview-pace.js";
import { hasPrompts, type Prompts } from "./prompts.js";
import { retry, socketClosed, welcome } from "./recover.js";
import { restore } from "./restore.js";
import { listen } from "./silence.js";
import { overlayOf, type Photo, type ShownPicture, type State } from "./state.js";
import {
  addPhoto,
  choosePhoto,
  dropUnreadable,
  entryOf,
  exchange,
  openPhoto,
  prepared,
  preparingFailed,
  preparingProgress,
  pursueStrip,
  readPhoto,
  removePhoto,
} from "./strip.js";

type Next = readonly [State, readonly Effect[]];

/** The whole behaviour of the page: what happened, and what is to be done about it. */
export function reduce(state: State, event: ClientEvent): Next {
  const [next, effects] = respond(state, event);
  const [last, more] = pursueStrip(next, "atMs" in event ? event.atMs : 0);
  return more.length === 0 ? [last, effects] : [last, [...effects, ...more]];
}

function respond(state: State, event: ClientEvent): Next {
  switch (event.kind) {
    case "photo-chosen":
      return wake(...choosePhoto(state, event));
    case "photo-added":
      return addPhoto(state, event);
    case "photo-opened":
      return wake(...openPhoto(state, event));
    case "photo-removed":
      return removePhoto(state, event);
    case "restored":
      return restore(state, event);
    case "photo-read":
      return readPhoto(state, event);
    case "photo-loaded":
      return photoLoaded(state, event);
    case "photo-unreadable":
      return dropUnreadable(state, event);
    case "preparing-event":
      return [prepared(state, event), []];
    case "preparing-progress":
      return [preparingProgress(state, event), []];
    case "preparing-failed":
      return preparingFailed(state, event);
    case "notice":
      return [{ ...state, notice: event.message }, []];
    case "dismiss":
      return [{ ...state, notice: undefined }, []];
    case "decoding-moved":
      return [movePreviews(state, event.place), []];
    case "frame-error":
      return [{ ...state, notice: sentenceOf(event.error) }, []];
    case "timer":
      return timer(state, event);
    case "network-back": {
      const [link, effects] = reconnect(state.link, false);
      return [{ ...state, link, isOffline: false }, effects];
    }
    case "network-lost":
      return [{ ...state, isOffline: true }, []];
    case "socket-closed":
      return socketClosed(state, event);
    case "welcome":
      return welcome(state, event);
    case "retry":
      return retry(state, event.atMs);
    case "everything-event":
      return hearEverything(state, event);
    case "everything-failed":
      return everythingFailed(state, event);
    case "drawn":
      if (state.latency?.sequence !== event.sequence || state.latency.drawMs !== undefined) return [state, []];
      return [{ ...state, latency: { ...state.latency, drawMs: event.drawMs } }, []];
    default: {
      const { picture } = state;
      if (picture.kind === "empty") return [state, []];
      return overlayOf(picture) === undefined ? onPicture(state, picture, event) : onOverlay(state, picture, event);
    }
  }
}

type PictureEvent = EventOf<
  | "point"
  | "point-moved"
  | "point-removed"
  | "box"
  | "painted"
  | "object-kept"
  | "object-edited"
  | "object-removed"
  | "object-renamed"
  | "object-recoloured"
  | "object-moved"
  | "object-shown"
  | "objects-combined"
  | "clear"
  | "escape"
  | "undo"
  | "redo"
  | "candidate"
  | "hover"
  | "hover-end"
  | "press"
  | "everything-begin"
  | "everything-cancel"
  | "everything-toggle"
  | "everything-step"
  | "everything-take"
  | "image-event"
  | "answer"
  | "upload-progress"
  | "upload-event"
  | "upload-failed"
>;

/** What makes sense only with a picture on the canvas. */
function onPicture(state: State, picture: ShownPicture, event: PictureEvent): Next {
  const { edit } = picture;
  switch (event.kind) {
    case "point": {
      const { x, y, label } = event;
      return prompted(state, picture, refine(edit.present, { x, y, label }), event.atMs);
    }
    case "box": {
      const { x0, y0, x1, y1 } = event;
      return prompted(state, picture, setBox(edit.present.prompts, { x0, y0, x1, y1 }), event.atMs);
    }
    case "point-moved":
    case "point-removed":
      return pointChanged(state, picture, event);
    case "painted":
      return painted(state, picture, event);
    case "object-kept":
      return [edited(state, picture, keepObject(edit)), []];
    case "object-edited":
      return [edited(state, picture, editObject(edit, event.id)), []];
    case "object-removed":
      return [edited(state, picture, removeObject(edit, event.id)), []];
    case "object-renamed":
      return [edited(state, picture, renameObject(edit, event.id, event.name)), []];
    case "object-recoloured":
      return [edited(state, picture, recolourObject(edit, event.id, event.colour)), []];
    case "object-moved":
      return [edited(state, picture, moveObject(edit, event.id, event.to)), []];
    case "object-shown":
      return [edited(state, picture, showObject(edit, event.id, event.visible)), []];
    case "objects-combined":
      return [edited(state, picture, combineObjects(edit, event.id, event.otherId, event.operation)), []];
    case "clear":
    case "escape":
      return [edited(state, picture, clear(edit)), []];
    case "undo":
      return [edited(state, picture, undo(edit)), []];
    case "redo":
      return [edited(state, picture, redo(edit)), []];
    case "candidate":
      return [edited(state, picture, choose(edit, event.index)), []];
    case "hover": {
      const [next, effects] = hover(state, picture, event);
      return wake(next, effects);
    }
    case "hover-end":
      return [endHover(state, picture), []];
    case "press": {
      const [next, effects] = press(state, picture, event);
      return wake(next, effects);
    }
    case "everything-begin":
      return beginEverything(state, picture, event.atMs);
    case "everything-cancel":
      return cancelEverything(state, picture);
    case "everything-toggle":
      if (picture.everything.kind === "off") return beginEverything(state, picture, event.atMs);
      return [showEverything(state, picture, !picture.everything.open), []];
    // With the masks put aside there is none to step to and none to take.
    case "everything-step":
    case "everything-take":
      return [state, []];
    case "image-event":
      // The picture before this one may still be spoken of.
      if (state.link.kind !== "open" || event.event.imageId !== picture.photo.imageId) return [state, []];
      return pursued(imageEvent(state, picture, event.event, event.atMs), event.atMs);
    case "answer": {
      if (state.link.kind !== "open") return [state, []];
      const { sequence } = event.response;
      if (edit.hover.asked.some((one) => one.sequence === sequence)) return answerPreview(state, picture, event);
      const click = edit.waiting.find((waiting) => waiting.sequence === sequence);
      return click === undefined ? [state, []] : answerClick(state, picture, click, event);
    }
    case "upload-progress":
      if (event.token !== picture.photo.token || picture.kind !== "uploading") return [state, []];
      return [{ ...state, picture: { ...picture, sentBytes: event.sentBytes } }, []];
    case "upload-event":
      return event.token === picture.photo.token ? uploadEvent(state, picture, event) : [state, []];
    case "upload-failed":
      return event.token === picture.photo.token ? uploadFailed(state, picture, event) : [state, []];
  }
}

/** With the masks of everything mode over the picture the pointer and the keyboard are about them. */
function onOverlay(state: State, picture: ShownPicture, event: PictureEvent): Next {
  switch (event.kind) {
    case "hover":
      return [lightAt(state, picture, event), []];
    case "hover-end":
      return [lightAt(state, picture, undefined), []];
    case "everything-step":
      return [stepFound(state, picture, event), []];
    case "everything-take":
      return [takeFound(state, picture, foundFor(picture, undefined)), []];
    case "point": {
      const found = foundFor(picture, event);
      if (found !== undefined) return [takeFound(state, picture, found), []];
      // There is no object in hand to leave a spot out of.
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
    case "point-moved":
    case "point-removed":
    case "object-kept":
    case "press":
      return [state, []];
    // The object comes into hand, and the masks make room for it.
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

function pursued([state, effects]: Next, atMs: number): Next {
  const [next, more] = pursueEverything(state, atMs);
  return [next, [...effects, ...more]];
}

function photoLoaded(state: State, event: EventOf<"photo-loaded">): Next {
  if (state.loading?.token !== event.token) return [state, []];
  const { token, width, height, bytes, atMs } = event;
  const known = entryOf(state, token)?.photo?.imageId;
  const photo: Photo = { token, name: state.loading.name, width, height, bytes, imageId: event.imageId ?? known };
  const { strip, work, effects } = exchange(state, photo);
  const [next, more] = show(state, photo, work, atMs);
  return [{ ...next, strip }, [...effects, ...more]];
}

function pointChanged(state: State, picture: ShownPicture, event: EventOf<"point-moved" | "point-removed">): Next {
  const { prompts } = picture.edit.present;
  if (prompts.points[event.index] === undefined) return [state, []];
  const changed =
    event.kind === "point-moved" ? movePoint(prompts, event.index, event) : removePoint(prompts, event.index);
  if (!hasPrompts(changed)) return [edited(state, picture, clear(picture.edit)), []];
  return prompted(state, picture, changed, event.atMs);
}

function painted(state: State, picture: ShownPicture, event: EventOf<"painted">): Next {
  const prompts = paint(picture.edit.present, event);
  if (prompts === undefined) return [state, []];
  if (!hasPrompts(prompts)) return [edited(state, picture, clear(picture.edit)), []];
  return prompted(state, picture, prompts, event.atMs);
}

/** Any change of the prompts is a new click with the whole list; it waits here until it can be sent. */
function prompted(state: State, picture: ShownPicture, prompts: Prompts, atMs: number): Next {
  const sequence = state.nextSequence;
  const edit = ask(picture.edit, sequence, prompts, atMs);
  const [next, effects] = flush({ ...edited(state, picture, edit), nextSequence: sequence + 1 }, atMs);
  return wake(next, effects);
}

function timer(state: State, event: EventOf<"timer">): Next {
  switch (event.name) {
    case "reconnect": {
      if (state.link.kind !== "waiting") return [state, []];
      const [link, effects] = reconnect(state.link, false);
      return [{ ...state, link }, effects];
    }
    case "reopen":
      return state.picture.kind === "opening" ? reopen(state, event.atMs) : [state, []];
    case "upload":
      if (state.picture.kind !== "uploading") return [state, []];
      return [state, [{ kind: "upload", token: state.picture.photo.token }]];
    case "resend":
      return flush(state, event.atMs);
    case "silence":
      return listen(state, event.atMs, event.heardAtMs);
    // What waits to be prepared is looked at after every event.
    case "prepare":
      return [state, []];
  }
}

/** Somebody is here: a connection that sleeps is made again. One that backs off goes on doing so. */
function wake(state: State, effects: readonly Effect[]): Next {
  if (state.link.kind !== "asleep") return [state, effects];
  const [link, connect] = reconnect(state.link, false);
  return [{ ...state, link }, [...connect, ...effects]];
}
