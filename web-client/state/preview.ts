import type { SegmentResult } from "../../proto/index.js";
import { addPoint, refine, staled } from "./edit.js";
import type { Effect, EventOf } from "./event.js";
import {
  type AskedPreview,
  type Hover,
  hasPrompts,
  noHover,
  noPrompts,
  overlayOf,
  type Place,
  type Prompts,
  type ShownPicture,
  type Spot,
  type State,
} from "./state.js";

/** Thirty a second: more of them look no smoother. */
const quickEveryMs = 33;
/** For a service that takes longer than that for one: it is slow, or has other people's prompts to answer. */
const busyEveryMs = 60;
/**
 * On their way at once: as many as a way of 150 ms there and back has room for, with some to spare. The browser's own
 * decoder has no way to fill.
 */
const mostUnderWay = { server: 8, here: 1 } as const;
/** From here on a preview is behind the hand, and there are fewer. */
const slowMs = 150;
/** From here on it is about where the hand was, and there are none but one now and then, to see whether it got better. */
const tooSlowMs = 400;
const probeEveryMs = 5_000;
/** A try by the browser itself costs no one else: after one that was held up it is soon back to speed. */
const probeHereEveryMs = 1_000;
/** Two frames: a person sees no difference. */
const nearMs = 33;
/** Of the latest round trip in their average. */
const weightOfServer = 0.3;
const weightHere = 0.5;

/** How far apart previews are to be asked for. */
export function previewEveryMs({ previewing: { place, roundTripMs = 0, serviceMs = busyEveryMs } }: State): number {
  if (roundTripMs > tooSlowMs) return place === "here" ? probeHereEveryMs : probeEveryMs;
  if (place === "here") return quickEveryMs;
  if (roundTripMs > slowMs) return 3 * roundTripMs;
  return serviceMs > quickEveryMs ? busyEveryMs : quickEveryMs;
}

function isDue(state: State, atMs: number): boolean {
  const { place, roundTripMs = 0, lastAskedAtMs } = state.previewing;
  const enough = place === "here" ? tooSlowMs : slowMs;
  return roundTripMs <= enough || atMs - lastAskedAtMs >= previewEveryMs(state);
}

/** What was known of the times holds for the place before. */
export function movePreviews(state: State, place: Place): State {
  if (state.previewing.place === place) return state;
  return { ...state, previewing: { ...state.previewing, place, roundTripMs: undefined, serviceMs: undefined } };
}

function heard(state: State, tookMs: number, serviceMs: number): State {
  const { place, roundTripMs: before = tookMs } = state.previewing;
  const weight = place === "here" ? weightHere : weightOfServer;
  const roundTripMs = before + weight * (tookMs - before);
  return { ...state, previewing: { ...state.previewing, roundTripMs, serviceMs } };
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

/**
 * A click is known a tenth of a second before it is made, since a press takes that long: what it will ask is asked already, and
 * mostly found out by then.
 */
export function press(
  state: State,
  picture: ShownPicture,
  { x, y, label, atMs }: EventOf<"press">,
): readonly [State, readonly Effect[]] {
  const { edit } = picture;
  if (state.link.kind !== "open" || picture.kind !== "ready" || edit.waiting.length > 0) return [state, []];
  const isFirst = canPreview(state, picture);
  const { at } = edit.hover;
  if (isFirst && (label === 0 || (at?.x === x && at.y === y))) return [state, []];
  return ask(state, picture, refine(edit.present, { x, y, label }), {
    at: { x, y },
    stale: !isFirst,
    isPress: true,
    atMs,
  });
}

/**
 * A click whose preview has come is answered without a run of the model. To draw that it waits would take longer than that,
 * and hold its mask up.
 * @returns for how many more milliseconds there is nothing to be drawn but the answer; 0 when there is.
 */
export function answerIsNearMs({ picture }: State, atMs: number): number {
  if (picture.kind !== "ready") return 0;
  const { shown, isForeseen } = picture.edit.hover;
  if (shown === undefined && !isForeseen) return 0;
  const [click, ...more] = picture.edit.waiting;
  if (click?.sentAtMs === undefined || more.length > 0) return 0;
  return Math.max(0, click.sentAtMs + nearMs - atMs);
}

/** With as many on their way as may be, only the latest of the spots that are passed is remembered. */
export function hover(
  state: State,
  picture: ShownPicture,
  { x, y, atMs }: EventOf<"hover">,
): readonly [State, readonly Effect[]] {
  if (!canPreview(state, picture)) return [state, []];
  const spot = { x, y };
  const { hover: before } = picture.edit;
  if (before.asked.length >= mostUnderWay[state.previewing.place])
    return [withHover(state, picture, { ...before, wanted: spot }), []];
  return isDue(state, atMs) ? askAt(state, picture, spot, atMs) : [state, []];
}

export function endHover(state: State, picture: ShownPicture): State {
  const { asked, ...rest } = picture.edit.hover;
  const isOver = rest.shown === undefined && rest.wanted === undefined && rest.at === undefined;
  if (isOver && asked.every((one) => one.stale)) return state;
  return withHover(state, picture, { ...noHover, asked: staled(asked) });
}

export function answerPreview(
  before: State,
  picture: ShownPicture,
  { response: { sequence, outcome }, place = "server", atMs }: EventOf<"answer">,
): readonly [State, readonly Effect[]] {
  const { edit } = picture;
  const { asked, wanted, shown } = edit.hover;
  const question = asked.find((one) => one.sequence === sequence);
  const result = outcome.case === "result" ? outcome.value : undefined;
  // A mask is newer than those that are still on their way from before.
  const left = asked.filter((one) => (result === undefined ? one.sequence !== sequence : one.sequence > sequence));
  const state = question === undefined || result === undefined ? before : timed(before, question, result, place, atMs);
  const isForeseen = edit.hover.isForeseen || (result !== undefined && question?.isPress === true);
  const hover = { ...edit.hover, asked: left, wanted: undefined, isForeseen };
  if (!canPreview(state, picture)) return [withHover(state, picture, hover), []];
  const fresh = question?.stale === false ? result?.masks[0] : undefined;
  // A preview that failed is of its moment: the next move of the pointer asks again.
  const answered = withHover(state, picture, { ...hover, shown: fresh ?? shown });
  if (wanted === undefined || answered.picture.kind === "empty" || !isDue(answered, atMs)) return [answered, []];
  return askAt(answered, answered.picture, wanted, atMs);
}

function timed(state: State, question: AskedPreview, { timings }: SegmentResult, place: Place, atMs: number): State {
  // One that was on its way to the other place says nothing about this one.
  if (place !== state.previewing.place) return state;
  const { queueMs = 0, embeddingMs = 0, decodeMs = 0, maskMs = 0 } = timings ?? {};
  return heard(state, atMs - question.atMs, queueMs + embeddingMs + decodeMs + maskMs);
}

function askAt(state: State, picture: ShownPicture, spot: Spot, atMs: number): readonly [State, readonly Effect[]] {
  const prompts = addPoint(noPrompts, { ...spot, label: 1 });
  return ask(state, picture, prompts, { at: spot, stale: false, isPress: false, atMs });
}

function ask(
  state: State,
  picture: ShownPicture,
  prompts: Prompts,
  { at, ...asked }: Omit<AskedPreview, "sequence"> & { at: Spot },
): readonly [State, readonly Effect[]] {
  const sequence = state.nextSequence;
  const { hover } = picture.edit;
  const previewing = { ...state.previewing, lastAskedAtMs: asked.atMs };
  const next = withHover({ ...state, nextSequence: sequence + 1, previewing }, picture, {
    ...hover,
    asked: [...hover.asked, { sequence, ...asked }],
    wanted: undefined,
    at,
    isForeseen: false,
  });
  return [next, [{ kind: "segment", sequence, prompts, preview: true }]];
}

function withHover(state: State, picture: ShownPicture, hover: Hover): State {
  return { ...state, picture: { ...picture, edit: { ...picture.edit, hover } } };
}
