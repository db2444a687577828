import { answerKind } from "../sdk/session/answer-kind.js";
import { hasPrompts, type Prompts } from "../sdk/session/prompts.js";
import { answerClick, flush } from "./clicks.js";
import {
  ask,
  choose,
  clear,
  edited,
  movePoint,
  redo,
  refine,
  removePoint,
  setBox,
  stepCandidate,
  undo,
} from "./edit.js";
import type { Effect, EventOf } from "./event.js";
import { askWords, beginEverything, cancelEverything, pursueEverything, showEverything } from "./everything.js";
import { makeFiner } from "./finer.js";
import { isAble, modelInUse } from "./models.js";
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
import { imageEvent, uploadEvent, uploadFailed } from "./picture.js";
import { answerPreview, endHover, hover, press, previewAtRest } from "./preview.js";
import type { ShownPicture, State } from "./state.js";
import { wake } from "./wake.js";

type Next = readonly [State, readonly Effect[]];

export type PictureEvent = EventOf<
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
  | "candidate-stepped"
  | "hover"
  | "hover-end"
  | "press"
  | "everything-begin"
  | "everything-cancel"
  | "everything-toggle"
  | "everything-step"
  | "everything-take"
  | "everything-take-all"
  | "words-asked"
  | "image-event"
  | "answer"
  | "upload-progress"
  | "upload-event"
  | "upload-failed"
>;

/** What makes sense only with a picture on the canvas. */
export function onPicture(state: State, picture: ShownPicture, event: PictureEvent): Next {
  const { edit } = picture;
  switch (event.kind) {
    case "point": {
      const { x, y, label } = event;
      if (label === 0 && !isAble(modelInUse(state), "negatives")) return [state, []];
      return prompted(state, picture, refine(edit.present, { x, y, label }, state.models.chosen), event.atMs);
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
    case "candidate-stepped":
      return [edited(state, picture, stepCandidate(edit, event.by)), []];
    case "hover": {
      // What lies under other tools is not the question.
      if (state.tools.tool !== "click") return [state, []];
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
    case "everything-take-all":
      return [state, []];
    case "words-asked":
      return askWords(state, picture, event);
    case "image-event":
      // The picture before this one may still be spoken of.
      if (state.link.kind !== "open" || event.event.imageId !== picture.info.imageId) return [state, []];
      return imaged(state, picture, event);
    case "answer": {
      if (state.link.kind !== "open") return [state, []];
      const { sequence, outcome } = event.response;
      if (outcome.case === "result" && answerKind(event.response) === "finer") {
        return [edited(state, picture, makeFiner(edit, sequence, outcome.value)), []];
      }
      if (edit.hover.asked.some((one) => one.sequence === sequence)) return answerPreview(state, picture, event);
      const click = edit.waiting.find((waiting) => waiting.sequence === sequence);
      return click === undefined ? [state, []] : answerClick(state, picture, click, event);
    }
    case "upload-progress":
      if (event.token !== picture.info.token || picture.kind !== "uploading") return [state, []];
      return [{ ...state, picture: { ...picture, sentBytes: event.sentBytes } }, []];
    case "upload-event":
      return event.token === picture.info.token ? uploadEvent(state, picture, event) : [state, []];
    case "upload-failed":
      return event.token === picture.info.token ? uploadFailed(state, picture, event) : [state, []];
  }
}

function imaged(before: State, picture: ShownPicture, { event, atMs }: EventOf<"image-event">): Next {
  const [state, effects] = pursued(imageEvent(before, picture, event, atMs), atMs);
  const hadDraft = picture.kind === "encoding" && picture.hasDraft;
  const isBetter = event.event.case === "draft" ? !hadDraft : event.event.case === "ready" && hadDraft;
  if (!isBetter) return [state, effects];
  const [next, more] = previewAtRest(state, atMs);
  return [next, [...effects, ...more]];
}

function pursued([state, effects]: Next, atMs: number): Next {
  const [next, more] = pursueEverything(state, atMs);
  return [next, [...effects, ...more]];
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
  const prompts = paint(picture.edit.present, event, state.models.chosen);
  if (prompts === undefined) return [state, []];
  if (!hasPrompts(prompts)) return [edited(state, picture, clear(picture.edit)), []];
  return prompted(state, picture, prompts, event.atMs);
}

/** Any change of the prompts is a new click with the whole list; it waits here until it can be sent. */
function prompted(state: State, picture: ShownPicture, prompts: Prompts, atMs: number): Next {
  const sequence = state.nextSequence;
  const edit = ask(picture.edit, prompts, { sequence, model: state.models.chosen, atMs });
  const [next, effects] = flush({ ...edited(state, picture, edit), nextSequence: sequence + 1 }, atMs);
  return wake(next, effects);
}
