import type { EncodeEvent, ImageEvent } from "../../proto/index.js";
import { words } from "../words/words.js";
import { flush } from "./clicks.js";
import { type Failure, failureOf } from "./errors.js";
import type { Effect, EventOf } from "./event.js";
import {
  type Everything,
  emptyEdit,
  type Photo,
  type Shown,
  type ShownPicture,
  type State,
  type Work,
} from "./state.js";

/** Tries of one picture, beyond which a person is asked. */
const mostTries = 8;
const defaultRetryMs = 1_000;
/** A service that starts needs some seconds for its model; a wait much longer than that looks like a dead page. */
const longestRetryMs = 8_000;

type Next = readonly [State, readonly Effect[]];

/** A photo takes the place of the one before, with what was done on it earlier, if anything was. */
export function show(state: State, photo: Photo, work: Work | undefined, atMs: number): Next {
  const { edit, everything } = work ?? { edit: emptyEdit, everything: { kind: "off" as const } };
  const shown: Shown = { photo, edit, tries: 0, everything: halted(everything) };
  const before = stopPicture(state);
  const fresh: State = { ...state, loading: undefined, notice: undefined, latency: undefined };
  const tooLarge = overLimits(state, photo);
  if (tooLarge !== undefined) {
    return [{ ...fresh, picture: { ...shown, kind: "refused", message: tooLarge, canRetry: false } }, before];
  }
  const [next, effects] = begin({ ...fresh, picture: { ...shown, kind: "opening" } }, shown, atMs);
  return [next, [...before, ...effects]];
}

/** Ends what is under way for the picture on the canvas. */
export function stopPicture({ picture, link }: State): Effect[] {
  const effects: Effect[] = picture.kind === "empty" ? [] : [{ kind: "stop-upload" }];
  if (link.kind === "open" && link.search !== undefined) effects.push({ kind: "cancel-everything" });
  return effects;
}

/** A search ends when its picture leaves the canvas; what it had found stays. */
function halted(everything: Everything): Everything {
  if (everything.kind !== "finding" && everything.kind !== "wanted") return everything;
  const { found, open, lit } = everything;
  return found.length === 0 ? { kind: "off" } : { kind: "cancelled", found, open, lit };
}

/** Asks the gateway about the picture, or uploads at once where its digest could not be computed. */
export function begin(state: State, from: Shown, atMs: number): Next {
  const shown = shownOf(from);
  const { photo } = shown;
  if (photo.imageId === undefined) {
    return [
      { ...state, picture: { ...shown, kind: "uploading", sentBytes: 0, sinceMs: atMs } },
      [{ kind: "upload", token: photo.token }],
    ];
  }
  return reopen({ ...state, picture: { ...shown, kind: "opening" } }, atMs);
}

/** Makes the picture the session's own, with the clicks that wait; nothing to do before the connection is there. */
export function reopen(state: State, atMs: number): Next {
  const { link, picture } = state;
  if (link.kind !== "open" || picture.kind === "empty" || picture.kind === "refused") return [state, []];
  const { imageId } = picture.photo;
  if (imageId === undefined) return [state, []];
  const isResting = picture.kind === "opening" && picture.resting === true;
  const asked: State = isResting ? { ...state, picture: { ...picture, resting: false } } : state;
  const [next, effects] = flush(asked, atMs);
  return [next, [{ kind: "open-image", imageId }, ...effects]];
}

export function imageEvent(state: State, picture: ShownPicture, event: ImageEvent, atMs: number): Next {
  const shown = shownOf(picture);
  // What was refused is not begun again by an event that was under way.
  if (picture.kind === "refused" && event.event.case !== "ready") return [state, []];
  switch (event.event.case) {
    case "missing":
      return missing(state, picture, atMs);
    case "queued":
    case "encoding":
      return [progress(state, picture, event.event, atMs), []];
    case "ready": {
      const { image, cached, timings } = event.event.value;
      if (image !== undefined && (image.width !== picture.photo.width || image.height !== picture.photo.height)) {
        const size = ({ width, height }: Pick<Photo, "width" | "height">) => `${width} × ${height}`;
        const message = words.problems.otherSize(size(image), size(picture.photo));
        return [{ ...state, picture: { ...shown, kind: "refused", message, canRetry: false } }, []];
      }
      const lastEncodeMs =
        cached || !timings ? state.lastEncodeMs : timings.preprocessMs + timings.encodeMs + timings.storeMs;
      const sinceMs = picture.kind === "ready" ? picture.sinceMs : atMs;
      const reading = image?.reading;
      const ready: ShownPicture = { ...shown, tries: 0, kind: "ready", cached, sinceMs, reading };
      return flush({ ...state, lastEncodeMs, picture: ready }, atMs);
    }
    case "failed":
      return fail(state, picture, failureOf(event.event.value), "reopen", atMs);
    default:
      return [state, []];
  }
}

export function missing(state: State, picture: ShownPicture, atMs: number): Next {
  // The upload is under way already; its end opens the picture again.
  if (picture.kind === "uploading") return [state, []];
  const shown: Shown = { ...shownOf(picture), tries: picture.tries + 1 };
  if (shown.tries > mostTries) {
    const message = words.problems.notKept;
    return [{ ...state, picture: { ...shown, kind: "refused", message, canRetry: true } }, []];
  }
  return [
    { ...state, picture: { ...shown, kind: "uploading", sentBytes: 0, sinceMs: atMs } },
    [{ kind: "upload", token: picture.photo.token }],
  ];
}

export function uploadEvent(
  state: State,
  picture: ShownPicture,
  { event: { event }, atMs }: EventOf<"upload-event">,
): Next {
  if (picture.photo.imageId === undefined) {
    if (event.case === "queued" || event.case === "encoding") return [progress(state, picture, event, atMs), []];
    if (event.case !== "ready" || event.value.image === undefined) return [state, []];
    const photo = { ...picture.photo, imageId: event.value.image.imageId };
    return begin(state, { ...shownOf(picture), photo }, atMs);
  }
  if (picture.kind !== "uploading") return [state, []];
  // From the first sign that the file has arrived, the session's own events tell more than the upload's.
  return event.case === "ready" ? begin(state, picture, atMs) : reopen(state, atMs);
}

export function uploadFailed(state: State, picture: ShownPicture, event: EventOf<"upload-failed">): Next {
  const bound = picture.kind === "uploading" || picture.photo.imageId === undefined;
  if (!bound || picture.kind === "refused") return [state, []];
  return fail(state, picture, event.failure, "upload", event.atMs);
}

function fail(
  state: State,
  picture: ShownPicture,
  { message, remedy, retryAfterMs }: Failure,
  timer: "reopen" | "upload",
  atMs: number,
): Next {
  const shown: Shown = { ...shownOf(picture), tries: picture.tries + 1 };
  if (remedy !== "wait" || shown.tries >= mostTries) {
    return [{ ...state, picture: { ...shown, kind: "refused", message, canRetry: remedy !== "none" } }, []];
  }
  const again: ShownPicture =
    timer === "upload"
      ? { ...shown, kind: "uploading", sentBytes: 0, sinceMs: atMs, whyAgain: message }
      : { ...shown, kind: "opening", resting: true };
  const hintMs = retryAfterMs ?? defaultRetryMs;
  const delayMs = Math.max(hintMs, Math.min(longestRetryMs, hintMs * 2 ** picture.tries));
  return [{ ...state, picture: again }, [{ kind: "timer", name: timer, delayMs }]];
}

function progress(
  state: State,
  picture: ShownPicture,
  event: EncodeEvent["event"] | ImageEvent["event"],
  atMs: number,
): State {
  const shown = shownOf(picture);
  if (event.case === "queued") {
    const { position, etaMs } = event.value;
    return { ...state, picture: { ...shown, kind: "queued", position, etaMs, sinceMs: atMs } };
  }
  const sinceMs = picture.kind === "encoding" ? picture.sinceMs : atMs;
  return { ...state, picture: { ...shown, kind: "encoding", sinceMs } };
}

export function overLimits({ link }: State, photo: Photo): string | undefined {
  if (link.kind !== "open") return undefined;
  const { imageBytes, imagePixels } = link.limits;
  if (imageBytes > 0 && photo.bytes > imageBytes) {
    return words.problems.tooMany(megabytes(photo.bytes), megabytes(imageBytes));
  }
  if (imagePixels > 0 && photo.width * photo.height > imagePixels) {
    return words.problems.tooMany(megapixels(photo.width * photo.height), megapixels(imagePixels));
  }
  return undefined;
}

export function shownOf({ photo, edit, tries, everything }: Shown): Shown {
  return { photo, edit, tries, everything };
}

function megabytes(bytes: number): string {
  return words.units.megabytes((bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0));
}

function megapixels(pixels: number): string {
  return words.units.megapixels((pixels / 1e6).toFixed(pixels < 1e7 ? 1 : 0));
}
