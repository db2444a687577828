import { contain } from "../geometry/viewport.js";
import { reconnect } from "../sdk/session/link.js";
import { movePreviews } from "../sdk/session/preview-pace.js";
import { chooseModel, listModels } from "./choose-model.js";
import { flush } from "./clicks.js";
import { sentenceOf } from "./errors.js";
import type { ClientEvent, Effect, EventOf } from "./event.js";
import { everythingFailed, hearEverything } from "./everything.js";
import { layObjects } from "./lay-objects.js";
import { look } from "./looking.js";
import { lackFor, modelInUse } from "./models.js";
import { onMasks } from "./on-masks.js";
import { onPicture, type PictureEvent } from "./on-picture.js";
import { changePage } from "./page.js";
import { reopen, show } from "./picture.js";
import { point } from "./point.js";
import { giveUp, startAfresh } from "./pointer.js";
import { noPointing } from "./pointing.js";
import { retry, socketClosed, welcome } from "./recover.js";
import { restore } from "./restore.js";
import { select } from "./selection.js";
import { settle } from "./settle.js";
import { listen } from "./silence.js";
import { overlayOf, type PictureInfo, type State } from "./state.js";
import {
  addPicture,
  choosePicture,
  dropUnreadable,
  entryOf,
  exchange,
  openNeighbour,
  openPicture,
  prepared,
  preparingFailed,
  preparingProgress,
  pursueStrip,
  readPicture,
  removePicture,
} from "./strip.js";
import { changeTools } from "./tools.js";
import { wake } from "./wake.js";

type Next = readonly [State, readonly Effect[]];

/** The whole behaviour of the page: what happened, and what is to be done about it. */
export function reduce(state: State, event: ClientEvent): Next {
  const [next, effects] = respond(state, event);
  const [last, more] = pursueStrip(settle(next), "atMs" in event ? event.atMs : 0);
  return more.length === 0 ? [last, effects] : [last, [...effects, ...more]];
}

function respond(state: State, event: ClientEvent): Next {
  switch (event.kind) {
    case "picture-chosen":
      return wake(...choosePicture(state, event));
    case "picture-added":
      return addPicture(state, event);
    case "picture-opened":
      return wake(...openPicture(state, event));
    case "neighbour-opened":
      return wake(...openNeighbour(state, event));
    case "picture-removed":
      return removePicture(state, event);
    case "restored":
      return restore(state, event);
    case "picture-read":
      return readPicture(state, event);
    case "picture-loaded":
      return pictureLoaded(state, event);
    case "picture-unreadable":
      return dropUnreadable(state, event);
    case "objects-laid":
      return [layObjects(state, event), []];
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
      return [{ ...state, previewing: movePreviews(state.previewing, event.place) }, []];
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
    case "pointer-down":
    case "pointer-moved":
    case "pointer-up":
    case "pointer-held":
    case "pointer-cancelled":
    case "pointer-left":
    case "pointing-given-up":
    case "cursor-moved":
    case "cursor-used":
    case "cursor-left-out":
    case "cursor-hidden":
    case "point-picked":
    case "picked-removed":
    case "carried-dropped":
      return follow(...point(state, event));
    case "tool-chosen":
      if (lackFor(modelInUse(state), event.tool) !== undefined) return [state, []];
      return follow(...startAfresh({ ...state, tools: changeTools(state.tools, event) }));
    case "brush-sized":
    case "brush-stepped":
      return follow(...startAfresh({ ...state, tools: changeTools(state.tools, event) }));
    case "fill-toggled":
    case "label-chosen":
    case "detail-chosen":
      return [{ ...state, tools: changeTools(state.tools, event) }, []];
    case "models-listed":
      return listModels(state, event);
    case "model-chosen":
      return wake(...chooseModel(state, event));
    case "object-selected":
      return [select(state, event), []];
    case "samples-listed":
    case "saving-changed":
    case "format-chosen":
    case "taking":
    case "copied":
      return [{ ...state, page: changePage(state.page, event) }, []];
    case "room-resized":
    case "zoomed":
    case "panned":
    case "whole-shown":
    case "actual-size-shown":
    case "pan-key":
    case "dragging":
      return [look(state, event), []];
    case "escape": {
      const [next, ended, wasUnderWay] = giveUp(state);
      const given = follow(next, ended);
      return wasUnderWay ? given : then(given, (after) => onCanvas(after, event));
    }
    default:
      return onCanvas(state, event);
  }
}

function onCanvas(state: State, event: PictureEvent): Next {
  const { picture } = state;
  if (picture.kind === "empty") return [state, []];
  return overlayOf(picture) === undefined ? onPicture(state, picture, event) : onMasks(state, picture, event);
}

/** What has come of an event, as events of their own. */
function follow(state: State, events: readonly ClientEvent[]): Next {
  return events.reduce<Next>((next, event) => then(next, (after) => respond(after, event)), [state, []]);
}

function then([state, effects]: Next, more: (state: State) => Next): Next {
  const [next, others] = more(state);
  return [next, [...effects, ...others]];
}

function pictureLoaded(state: State, event: EventOf<"picture-loaded">): Next {
  if (state.loading?.token !== event.token) return [state, []];
  const { token, width, height, bytes, atMs } = event;
  const known = entryOf(state, token)?.info?.imageId;
  const info: PictureInfo = { token, name: state.loading.name, width, height, bytes, imageId: event.imageId ?? known };
  const { strip, work, effects } = exchange(state, info);
  const [next, more] = show(state, info, work, atMs);
  // The whole of it is seen first, and nothing is begun on it.
  const viewport = contain(info, state.room);
  const pointing = { ...noPointing, place: state.pointing.place };
  return [{ ...next, strip, viewport, pointing, selection: [] }, [...effects, ...more]];
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
      return [state, [{ kind: "upload", token: state.picture.info.token }]];
    case "resend":
      return flush(state, event.atMs);
    case "silence":
      return listen(state, event.atMs, event.heardAtMs);
    // What waits to be prepared is looked at after every event.
    case "prepare":
      return [state, []];
  }
}
