import type { Effect, EventOf } from "./event.js";
import {
  type Hover,
  hasPrompts,
  noHover,
  overlayOf,
  type Place,
  type ShownPicture,
  type Spot,
  type State,
} from "./state.js";

/** A preview for every pixel passed would be a preview for none. */
const quickEveryMs = 60;
/** What is decoded by the browser itself is nobody else's load: thirty a second, where it can. */
const quickHereMs = 33;
/** From here on a preview is behind the hand, and there are fewer. */
const slowMs = 150;
/** From here on it is about where the hand was, and there are none but one now and then, to see whether it got better. */
const tooSlowMs = 400;
const probeEveryMs = 5_000;
/** A try by the browser itself costs no one else: after one that was held up it is soon back to speed. */
const probeHereEveryMs = 1_000;
/** Of the latest round trip in their average. */
const weightOfServer = 0.3;
const weightHere = 0.5;

/** How far apart previews are to be asked for. */
export function previewEveryMs({ previewing: { place, roundTripMs = 0 } }: State): number {
  if (roundTripMs > tooSlowMs) return place === "here" ? probeHereEveryMs : probeEveryMs;
  if (place === "here") return quickHereMs;
  return roundTripMs > slowMs ? 3 * roundTripMs : quickEveryMs;
}

function isDue(state: State, atMs: number): boolean {
  const { place, roundTripMs = 0, lastAskedAtMs } = state.previewing;
  const enough = place === "here" ? tooSlowMs : slowMs;
  return roundTripMs <= enough || atMs - lastAskedAtMs >= previewEveryMs(state);
}

/** What was known of the times holds for the place before. */
export function movePreviews(state: State, place: Place): State {
  if (state.previewing.place === place) return state;
  return { ...state, previewing: { ...state.previewing, place, roundTripMs: undefined } };
}

function heard(state: State, tookMs: number): State {
  const { place, roundTripMs = tookMs } = state.previewing;
  const weight = place === "here" ? weightHere : weightOfServer;
  return { ...state, previewing: { ...state.previewing, roundTripMs: roundTripMs + weight * (tookMs - roundTripMs) } };
}

/**
 * Previews are for choosing an object: once it has prompts the pointer is about refining it, and a preview would only
 * cover what is there.
 */
export function canPreview(state: State, picture: ShownPicture): boolean {
  return (
    state.link.kind === "open" &&
    picture.kind === "ready" &&
    overlayOf(picture) === undefined &&
    picture.edit.waiting.length === 0 &&
    !hasPrompts(picture.edit.present.prompts)
  );
}

/** At most one preview is asked for at a time; of the spots passed meanwhile only the latest is remembered. */
export function hover(
  state: State,
  picture: ShownPicture,
  { x, y, atMs }: EventOf<"hover">,
): readonly [State, readonly Effect[]] {
  if (!canPreview(state, picture)) return [state, []];
  const spot = { x, y };
  const { hover: before } = picture.edit;
  if (before.asked !== undefined) return [withHover(state, picture, { ...before, wanted: spot }), []];
  return isDue(state, atMs) ? askAt(state, picture, spot, atMs) : [state, []];
}

export function endHover(state: State, picture: ShownPicture): State {
  const { asked, shown, wanted } = picture.edit.hover;
  if (shown === undefined && wanted === undefined && (asked === undefined || asked.stale)) return state;
  return withHover(state, picture, { ...noHover, asked: asked && { ...asked, stale: true } });
}

export function answerPreview(
  before: State,
  picture: ShownPicture,
  { response: { outcome }, place = "server", atMs }: EventOf<"answer">,
): readonly [State, readonly Effect[]] {
  const { asked, wanted, shown } = picture.edit.hover;
  // One that was on its way to the other place says nothing about this one.
  const isOfPlace = place === before.previewing.place;
  const timed = asked === undefined || !isOfPlace ? before : heard(before, atMs - asked.atMs);
  const state: State = outcome.case === "result" ? { ...timed, lastResultAtMs: atMs } : before;
  if (!canPreview(state, picture))
    return [withHover(state, picture, { asked: undefined, wanted: undefined, shown }), []];
  const fresh = asked?.stale === false && outcome.case === "result" ? outcome.value.masks[0] : undefined;
  // A preview that failed is of its moment: the next move of the pointer asks again.
  const answered = withHover(state, picture, { asked: undefined, wanted: undefined, shown: fresh ?? shown });
  if (wanted === undefined || answered.picture.kind === "empty" || !isDue(answered, atMs)) return [answered, []];
  return askAt(answered, answered.picture, wanted, atMs);
}

function askAt(state: State, picture: ShownPicture, spot: Spot, atMs: number): readonly [State, readonly Effect[]] {
  const sequence = state.nextSequence;
  const previewing = { ...state.previewing, lastAskedAtMs: atMs };
  const next = withHover({ ...state, nextSequence: sequence + 1, previewing }, picture, {
    asked: { sequence, stale: false, atMs },
    wanted: undefined,
    shown: picture.edit.hover.shown,
  });
  const prompts = { points: [{ ...spot, label: 1 as const }], box: undefined, mask: undefined };
  return [next, [{ kind: "segment", sequence, prompts, preview: true }]];
}

function withHover(state: State, picture: ShownPicture, hover: Hover): State {
  return { ...state, picture: { ...picture, edit: { ...picture.edit, hover } } };
}
