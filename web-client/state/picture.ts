import type { EncodeEvent, ImageEvent, ImageInfo } from "../../proto/index.js";
import { mostPictureTries, pictureRetryMs } from "../sdk/session/picture-tries.js";
import { words } from "../words/words.js";
import { flush } from "./clicks.js";
import { type Failure, failureOf } from "./errors.js";
import type { Effect, EventOf } from "./event.js";
import type { PictureInfo, Shown, ShownPicture, State } from "./state.js";
import { type Everything, emptyEdit, type Work } from "./work.js";

type Next = readonly [State, readonly Effect[]];

/** A picture takes the place of the one before, with what was done on it earlier, if anything was. */
export function show(state: State, info: PictureInfo, work: Work | undefined, atMs: number): Next {
  const { edit, everything } = work ?? { edit: emptyEdit, everything: { kind: "off" as const } };
  const shown: Shown = { info, edit, drafts: [], tries: 0, everything: halted(everything) };
  const before = stopPicture(state);
  const fresh: State = { ...state, loading: undefined, notice: undefined, latency: undefined };
  const tooLarge = overLimits(state, info);
  if (tooLarge !== undefined) {
    return [
      { ...fresh, picture: refusedAsTooLarge(shown, tooLarge) },
      [...before, { kind: "refuse-upload", token: info.token }],
    ];
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
export function halted(everything: Everything): Everything {
  if (everything.kind !== "finding" && everything.kind !== "wanted") return everything;
  const { found, open, lit, words: asked } = everything;
  return found.length === 0 ? { kind: "off" } : { kind: "cancelled", found, open, lit, words: asked };
}

/** Asks the gateway about the picture, or uploads at once where its digest could not be computed. */
export function begin(state: State, from: Shown, atMs: number): Next {
  const shown = shownOf(from);
  const { info } = shown;
  if (info.imageId === undefined) {
    return [
      { ...state, picture: { ...shown, kind: "uploading", sentBytes: 0, sinceMs: atMs } },
      [{ kind: "upload", token: info.token }],
    ];
  }
  return reopen({ ...state, picture: { ...shown, kind: "opening" } }, atMs);
}

/** Makes the picture the session's own, with the clicks that wait; nothing to do before the connection is there. */
export function reopen(state: State, atMs: number): Next {
  const { link, picture } = state;
  if (link.kind !== "open" || picture.kind === "empty" || picture.kind === "refused") return [state, []];
  const { imageId } = picture.info;
  if (imageId === undefined) return [state, []];
  const isResting = picture.kind === "opening" && picture.resting === true;
  const asked: State = isResting ? { ...state, picture: { ...picture, resting: false } } : state;
  const [next, effects] = flush(asked, atMs);
  return [next, [{ kind: "open-image", imageId, model: state.models.chosen }, ...effects]];
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
    case "draft": {
      // It has better already.
      if (picture.kind === "ready") return [state, []];
      const refused = ofOtherSize(picture, event.event.value.image);
      if (refused !== undefined) return [{ ...state, picture: refused }, []];
      const sinceMs = picture.kind === "encoding" ? picture.sinceMs : atMs;
      return flush({ ...state, picture: { ...shown, kind: "encoding", sinceMs, hasDraft: true } }, atMs);
    }
    case "ready": {
      const { image, cached, timings } = event.event.value;
      const refused = ofOtherSize(picture, image);
      if (refused !== undefined) return [{ ...state, picture: refused }, []];
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

/** The picture, refused, when the service sees it in another size than this browser. */
function ofOtherSize(picture: ShownPicture, image: ImageInfo | undefined): ShownPicture | undefined {
  if (image === undefined || (image.width === picture.info.width && image.height === picture.info.height)) {
    return undefined;
  }
  const size = ({ width, height }: Pick<PictureInfo, "width" | "height">) => `${width} × ${height}`;
  const message = words.problems.otherSize(size(image), size(picture.info));
  return { ...shownOf(picture), kind: "refused", message, canRetry: false };
}

export function missing(state: State, picture: ShownPicture, atMs: number): Next {
  // The upload is under way already; its end opens the picture again.
  if (picture.kind === "uploading") return [state, []];
  const shown: Shown = { ...shownOf(picture), drafts: [], tries: picture.tries + 1 };
  if (shown.tries > mostPictureTries) {
    const message = words.problems.notKept;
    return [{ ...state, picture: { ...shown, kind: "refused", message, canRetry: true } }, []];
  }
  return [
    { ...state, picture: { ...shown, kind: "uploading", sentBytes: 0, sinceMs: atMs } },
    [{ kind: "upload", token: picture.info.token }],
  ];
}

export function uploadEvent(
  state: State,
  picture: ShownPicture,
  { event: { event }, atMs }: EventOf<"upload-event">,
): Next {
  if (picture.info.imageId === undefined) {
    if (event.case === "queued" || event.case === "encoding") return [progress(state, picture, event, atMs), []];
    if ((event.case !== "ready" && event.case !== "draft") || event.value.image === undefined) return [state, []];
    const info = { ...picture.info, imageId: event.value.image.imageId };
    return begin(state, { ...shownOf(picture), info }, atMs);
  }
  if (picture.kind !== "uploading") return [state, []];
  // From the first sign that the file has arrived, the session's own events tell more than the upload's.
  return event.case === "ready" ? begin(state, picture, atMs) : reopen(state, atMs);
}

export function uploadFailed(state: State, picture: ShownPicture, event: EventOf<"upload-failed">): Next {
  const bound = picture.kind === "uploading" || picture.info.imageId === undefined;
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
  const shown: Shown = { ...shownOf(picture), drafts: [], tries: picture.tries + 1 };
  if (remedy !== "wait" || shown.tries >= mostPictureTries) {
    return [
      { ...state, picture: { ...shown, kind: "refused", message, canRetry: remedy !== "none" } },
      // An upload that fails has ended.
      timer === "reopen" ? [{ kind: "refuse-upload", token: shown.info.token }] : [],
    ];
  }
  const again: ShownPicture =
    timer === "upload"
      ? { ...shown, kind: "uploading", sentBytes: 0, sinceMs: atMs, whyAgain: message }
      : { ...shown, kind: "opening", resting: true };
  const delayMs = pictureRetryMs(retryAfterMs, picture.tries);
  return [{ ...state, picture: again }, [{ kind: "timer", name: timer, delayMs }]];
}

function progress(
  state: State,
  picture: ShownPicture,
  event: EncodeEvent["event"] | ImageEvent["event"],
  atMs: number,
): State {
  const shown = shownOf(picture);
  // Where it stands in line is of no interest where prompts are answered.
  if (picture.kind === "encoding" && picture.hasDraft) return state;
  if (event.case === "queued") {
    const { position, etaMs } = event.value;
    return { ...state, picture: { ...shown, kind: "queued", position, etaMs, sinceMs: atMs } };
  }
  const sinceMs = picture.kind === "encoding" ? picture.sinceMs : atMs;
  return { ...state, picture: { ...shown, kind: "encoding", sinceMs, hasDraft: false } };
}

export function refusedAsTooLarge(picture: Shown, message: string): ShownPicture {
  return { ...shownOf(picture), kind: "refused", message, canRetry: false, isTooLarge: true };
}

export function overLimits({ link }: State, info: PictureInfo): string | undefined {
  if (link.kind !== "open") return undefined;
  const { pictureBytes, picturePixels } = link.limits;
  if (pictureBytes > 0 && info.bytes > pictureBytes) {
    return words.problems.tooMany(megabytes(info.bytes), megabytes(pictureBytes));
  }
  if (picturePixels > 0 && info.width * info.height > picturePixels) {
    return words.problems.tooMany(megapixels(info.width * info.height), megapixels(picturePixels));
  }
  return undefined;
}

export function shownOf({ info, edit, drafts, tries, everything }: Shown): Shown {
  return { info, edit, drafts, tries, everything };
}

function megabytes(bytes: number): string {
  return words.units.megabytes((bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0));
}

function megapixels(pixels: number): string {
  return words.units.megapixels((pixels / 1e6).toFixed(pixels < 1e7 ? 1 : 0));
}
