import type { Effect, EventOf } from "./event.js";
import { overLimits, stopPicture } from "./picture.js";
import type { Picture, PictureInfo, Preparation, State, StripEntry } from "./state.js";
import { noHover, type Work } from "./work.js";

/*
 * The pictures of the page, one of them on the canvas. What was done on the others waits in their entries, and the service
 * makes their embeddings ahead, one at a time and only while the one on the canvas needs nothing of the kind.
 */

type Next = readonly [State, readonly Effect[]];

const defaultRetryMs = 2_000;
const longestRetryMs = 30_000;
const mostTries = 6;
/** Timers may fire a little before their time. */
const timerSlackMs = 10;

/** A new picture on its way to the canvas, at the end of the strip. */
export function choosePicture(state: State, { token, name }: EventOf<"picture-chosen">): Next {
  const strip = [...state.strip, newEntry(token, name)];
  return [{ ...state, strip, loading: { token, name } }, [{ kind: "load-picture", token }]];
}

/** A new picture that stays in the strip for the time being. */
export function addPicture(state: State, { token, name }: EventOf<"picture-added">): Next {
  return [{ ...state, strip: [...state.strip, newEntry(token, name)] }, [{ kind: "read-picture", token }]];
}

export function readPicture(state: State, event: EventOf<"picture-read">): Next {
  const entry = entryOf(state, event.token);
  if (entry === undefined || entry.info !== undefined || isShown(state, event.token)) return [state, []];
  const { token, width, height, bytes, imageId } = event;
  const info: PictureInfo = { token, name: entry.name, width, height, bytes, imageId };
  return [withEntry(state, { ...entry, info, preparation: preparationOf(state, info) }), []];
}

/** A picture of the strip on its way to the canvas. */
export function openPicture(state: State, { token }: EventOf<"picture-opened">): Next {
  const entry = entryOf(state, token);
  if (entry === undefined || state.loading?.token === token) return [state, []];
  if (isShown(state, token)) return [state.loading === undefined ? state : { ...state, loading: undefined }, []];
  return [{ ...state, loading: { token, name: entry.name } }, [{ kind: "load-picture", token }]];
}

/** The picture of the strip before the one on the canvas or after it, round and round. */
export function openNeighbour(state: State, { by }: EventOf<"neighbour-opened">): Next {
  const { strip, picture } = state;
  const at = picture.kind === "empty" ? 0 : strip.findIndex(({ token }) => token === picture.info.token);
  const next = strip[(at + by + strip.length) % strip.length];
  return next === undefined ? [state, []] : openPicture(state, { kind: "picture-opened", token: next.token });
}

/** Takes a picture off the strip with all that was done on it; from the canvas too, where its neighbour takes its place. */
export function removePicture(state: State, { token }: EventOf<"picture-removed">): Next {
  const at = state.strip.findIndex((entry) => entry.token === token);
  const entry = state.strip[at];
  if (entry === undefined) return [state, []];
  const effects: Effect[] = isPreparing(entry) ? [{ kind: "stop-preparing" }] : [];
  effects.push({ kind: "forget-picture", token });
  const strip = state.strip.filter((other) => other !== entry);
  const loading = state.loading?.token === token ? undefined : state.loading;
  if (!isShown(state, token)) return [{ ...state, strip, loading }, effects];
  const bare: State = { ...state, strip, loading, latency: undefined, picture: { kind: "empty" } };
  const next = loading === undefined ? (strip[at] ?? strip[at - 1]) : undefined;
  const stop = stopPicture(state);
  if (next === undefined) return [bare, [...stop, ...effects]];
  const [opened, load] = openPicture(bare, { kind: "picture-opened", token: next.token });
  return [opened, [...stop, ...effects, ...load]];
}

/** One that cannot be opened leaves the strip again, with a word about it; unless there is work on it that would go too. */
export function dropUnreadable(state: State, { token, message }: EventOf<"picture-unreadable">): Next {
  const entry = entryOf(state, token);
  if (entry === undefined || isShown(state, token)) return [state, []];
  const loading = state.loading?.token === token ? undefined : state.loading;
  const told: State = { ...state, loading, notice: message };
  if (entry.work !== undefined) return [told, []];
  return [{ ...told, strip: state.strip.filter((other) => other !== entry) }, [{ kind: "forget-picture", token }]];
}

/**
 * The strip when a picture comes onto the canvas: what was done on the one before is put by, and what is known of the new
 * one goes with it.
 */
export function exchange(
  state: State,
  info: PictureInfo,
): { strip: readonly StripEntry[]; work: Work | undefined; effects: Effect[] } {
  const { picture } = state;
  const coming = entryOf(state, info.token);
  const strip = state.strip.map((entry): StripEntry => {
    if (entry.token === info.token) return { ...entry, info, work: undefined, preparation: { kind: "none" } };
    if (picture.kind === "empty" || entry.token !== picture.info.token) return entry;
    const { edit, everything } = picture;
    const waiting = edit.waiting.map((click) => ({ ...click, sentAtMs: undefined }));
    const work: Work = { edit: { ...edit, waiting, hover: noHover }, everything };
    return { ...entry, info: picture.info, work, preparation: leftBehind(picture) };
  });
  const effects: Effect[] = coming !== undefined && isPreparing(coming) ? [{ kind: "stop-preparing" }] : [];
  return { strip, work: coming?.work, effects };
}

function leftBehind(picture: Exclude<Picture, { kind: "empty" }>): Preparation {
  if (picture.kind === "ready") return { kind: "ready" };
  if (picture.kind === "refused") return { kind: "failed", message: picture.message };
  return { kind: "waiting", tries: 0, notBeforeMs: 0 };
}

/** Begins with the next picture that waits to be prepared, when nothing more pressing is under way. */
export function pursueStrip(state: State, atMs: number): Next {
  if (state.link.kind !== "open" || state.strip.some(isPreparing) || isPressing(state)) return [state, []];
  const next = state.strip.find(
    ({ token, preparation }) =>
      preparation.kind === "waiting" && preparation.notBeforeMs <= atMs + timerSlackMs && !isShown(state, token),
  );
  if (next === undefined || next.preparation.kind !== "waiting") return [state, []];
  const preparation: Preparation = { kind: "uploading", tries: next.preparation.tries, sentBytes: 0 };
  return [withEntry(state, { ...next, preparation }), [{ kind: "prepare", token: next.token }]];
}

export function prepared(state: State, { token, event: { event } }: EventOf<"preparing-event">): State {
  const entry = entryOf(state, token);
  if (entry === undefined || !isPreparing(entry) || !("tries" in entry.preparation)) return state;
  const { tries } = entry.preparation;
  switch (event.case) {
    case "queued": {
      const { position, etaMs } = event.value;
      return withEntry(state, { ...entry, preparation: { kind: "queued", tries, position, etaMs } });
    }
    case "encoding":
      return withEntry(state, { ...entry, preparation: { kind: "encoding", tries } });
    case "ready": {
      const info = entry.info && { ...entry.info, imageId: event.value.image?.imageId ?? entry.info.imageId };
      return withEntry(state, { ...entry, info, preparation: { kind: "ready" } });
    }
    default:
      return state;
  }
}

export function preparingProgress(state: State, { token, sentBytes }: EventOf<"preparing-progress">): State {
  const entry = entryOf(state, token);
  if (entry?.preparation.kind !== "uploading") return state;
  return withEntry(state, { ...entry, preparation: { ...entry.preparation, sentBytes } });
}

export function preparingFailed(state: State, { token, failure, atMs }: EventOf<"preparing-failed">): Next {
  const entry = entryOf(state, token);
  if (entry === undefined || !isPreparing(entry) || !("tries" in entry.preparation)) return [state, []];
  const tries = entry.preparation.tries + 1;
  if (failure.remedy !== "wait" || tries >= mostTries) {
    return [withEntry(state, { ...entry, preparation: { kind: "failed", message: failure.message } }), []];
  }
  const delayMs = Math.max(failure.retryAfterMs ?? 0, Math.min(longestRetryMs, defaultRetryMs * 2 ** (tries - 1)));
  const preparation: Preparation = { kind: "waiting", tries, notBeforeMs: atMs + delayMs };
  return [withEntry(state, { ...entry, preparation }), [{ kind: "timer", name: "prepare", delayMs }]];
}

/** What was made ahead is of no use: all others wait for it again. */
export function startStripAgain(state: State): Next {
  const strip = state.strip.map((entry): StripEntry => {
    if (isShown(state, entry.token) || entry.info === undefined) return entry;
    return { ...entry, preparation: preparationOf(state, entry.info) };
  });
  return [{ ...state, strip }, state.strip.some(isPreparing) ? [{ kind: "stop-preparing" }] : []];
}

export function entryOf({ strip }: State, token: number): StripEntry | undefined {
  return strip.find((entry) => entry.token === token);
}

function isShown({ picture }: State, token: number): boolean {
  return picture.kind !== "empty" && picture.info.token === token;
}

/** Whether the picture on the canvas, or one on its way there, needs the encoder or the line to it. */
function isPressing({ picture, loading }: State): boolean {
  return loading !== undefined || ["opening", "uploading", "queued", "encoding"].includes(picture.kind);
}

function isPreparing({ preparation: { kind } }: StripEntry): boolean {
  return kind === "uploading" || kind === "queued" || kind === "encoding";
}

function preparationOf(state: State, info: PictureInfo): Preparation {
  const tooLarge = overLimits(state, info);
  return tooLarge === undefined ? { kind: "waiting", tries: 0, notBeforeMs: 0 } : { kind: "failed", message: tooLarge };
}

export function newEntry(token: number, name: string): StripEntry {
  return { token, name, info: undefined, work: undefined, preparation: { kind: "none" } };
}

function withEntry(state: State, entry: StripEntry): State {
  return { ...state, strip: state.strip.map((other) => (other.token === entry.token ? entry : other)) };
}
