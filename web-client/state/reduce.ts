import { answerClick, flush, unsend } from "./clicks.js";
import { addPoint, ask, choose, clear, redo, setBox, undo } from "./edit.js";
import { sentenceOf } from "./errors.js";
import type { ClientEvent, Effect, EventOf } from "./event.js";
import { greet, lose, reconnect } from "./link.js";
import { begin, imageEvent, overLimits, reopen, show, shownOf, uploadEvent, uploadFailed } from "./picture.js";
import { answerPreview, endHover, hover } from "./preview.js";
import { type Edit, hasPrompts, noHover, type Prompts, type ShownPicture, type State } from "./state.js";

type Next = readonly [State, readonly Effect[]];

/** The whole behaviour of the page: what happened, and what is to be done about it. */
export function reduce(state: State, event: ClientEvent): Next {
  switch (event.kind) {
    case "photo-chosen":
      return wake({ ...state, loading: { token: event.token, name: event.name } }, [
        { kind: "load-photo", token: event.token },
      ]);
    case "photo-loaded":
      return photoLoaded(state, event);
    case "photo-unreadable":
      // Of two photos chosen in a row only the later counts.
      if (state.loading?.token !== event.token) return [state, []];
      return [{ ...state, loading: undefined, notice: event.message }, []];
    case "notice":
      return [{ ...state, notice: event.message }, []];
    case "dismiss":
      return [{ ...state, notice: undefined }, []];
    case "frame-error":
      return [{ ...state, notice: sentenceOf(event.error) }, []];
    case "timer":
      return timer(state, event);
    case "network-back": {
      const [link, effects] = reconnect(state.link, false);
      return [{ ...state, link }, effects];
    }
    case "socket-closed":
      return socketClosed(state, event);
    case "welcome":
      return welcome(state, event);
    case "retry":
      return retry(state, event.atMs);
    case "drawn":
      if (state.latency?.sequence !== event.sequence || state.latency.drawMs !== undefined) return [state, []];
      return [{ ...state, latency: { ...state.latency, drawMs: event.drawMs } }, []];
    default:
      return state.picture.kind === "empty" ? [state, []] : onPicture(state, state.picture, event);
  }
}

type PictureEvent = EventOf<
  | "point"
  | "box"
  | "clear"
  | "undo"
  | "redo"
  | "candidate"
  | "hover"
  | "hover-end"
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
    case "point":
      return prompted(
        state,
        picture,
        addPoint(edit.present.prompts, { x: event.x, y: event.y, label: event.label }),
        event.atMs,
      );
    case "box": {
      const { x0, y0, x1, y1 } = event;
      return prompted(state, picture, setBox(edit.present.prompts, { x0, y0, x1, y1 }), event.atMs);
    }
    case "clear":
      return [edited(state, picture, clear(edit)), []];
    case "undo":
      return [edited(state, picture, undo(edit)), []];
    case "redo":
      return [edited(state, picture, redo(edit)), []];
    case "candidate":
      return [edited(state, picture, choose(edit, event.index)), []];
    case "hover": {
      const [next, effects] = hover(state, picture, { x: event.x, y: event.y });
      return wake(next, effects);
    }
    case "hover-end":
      return [endHover(state, picture), []];
    case "image-event":
      // The picture before this one may still be spoken of.
      if (state.link.kind !== "open" || event.event.imageId !== picture.photo.imageId) return [state, []];
      return imageEvent(state, picture, event.event, event.atMs);
    case "answer": {
      if (state.link.kind !== "open") return [state, []];
      const { sequence } = event.response;
      if (edit.hover.asked?.sequence === sequence) return answerPreview(state, picture, event.response);
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

function photoLoaded(state: State, event: EventOf<"photo-loaded">): Next {
  if (state.loading?.token !== event.token) return [state, []];
  const { token, width, height, bytes, imageId, atMs } = event;
  return show(state, { token, name: state.loading.name, width, height, bytes, imageId }, atMs);
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
  }
}

/** The session is gone with all it knew; what the page knows of the picture and its clicks is told to the next one. */
function socketClosed(state: State, event: EventOf<"socket-closed">): Next {
  const [link, effects] = lose(state.link, event);
  if (state.picture.kind === "empty") return [{ ...state, link }, effects];
  const picture = unsend({ ...state.picture, edit: { ...state.picture.edit, hover: noHover } });
  const uploads = picture.kind === "uploading" || picture.photo.imageId === undefined;
  const kept = uploads || picture.kind === "refused" ? picture : { ...shownOf(picture), kind: "opening" as const };
  return [{ ...state, link, picture: kept }, effects];
}

function welcome(state: State, event: EventOf<"welcome">): Next {
  const greeted: State = { ...state, link: greet(event) };
  if (greeted.picture.kind === "empty") return [greeted, []];
  const tooLarge = greeted.picture.kind === "refused" ? undefined : overLimits(greeted, greeted.picture.photo);
  if (tooLarge === undefined) return reopen(greeted, event.atMs);
  return [
    { ...greeted, picture: { ...shownOf(greeted.picture), kind: "refused", message: tooLarge, canRetry: false } },
    [{ kind: "stop-upload" }],
  ];
}

/** "Try again" mends whatever is broken: the connection, the picture, the click. */
function retry(state: State, atMs: number): Next {
  const [link, connect] = reconnect(state.link, true);
  const linked: State = { ...state, link, notice: undefined };
  if (linked.picture.kind === "empty") return [linked, connect];
  const { present } = linked.picture.edit;
  const [asked, click] =
    present.problem !== undefined && hasPrompts(present.prompts)
      ? repeat(linked, linked.picture, atMs)
      : ([linked, []] as const);
  if (asked.picture.kind !== "refused") return [asked, [...connect, ...click]];
  const [next, effects] = begin(asked, { ...asked.picture, tries: 0 }, atMs);
  return [next, [...connect, ...click, ...effects]];
}

/** The same prompts under a new number, in the place of the step that failed. */
function repeat(state: State, picture: ShownPicture, atMs: number): Next {
  const sequence = state.nextSequence;
  const again = ask(picture.edit, sequence, picture.edit.present.prompts, atMs);
  const edit: Edit = { ...again, past: picture.edit.past };
  return flush({ ...edited(state, picture, edit), nextSequence: sequence + 1 }, atMs);
}

function edited(state: State, picture: ShownPicture, edit: Edit): State {
  return edit === picture.edit ? state : { ...state, picture: { ...picture, edit } };
}

/** Somebody is here: a connection that sleeps is made again. One that backs off goes on doing so. */
function wake(state: State, effects: readonly Effect[]): Next {
  if (state.link.kind !== "asleep") return [state, effects];
  const [link, connect] = reconnect(state.link, false);
  return [{ ...state, link }, [...connect, ...effects]];
}
