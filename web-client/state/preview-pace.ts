import { ErrorCode, type SegmentResponse } from "../../proto/index.js";
import { hasWaited, serviceMsOf } from "./service-time.js";
import type { Place, State } from "./state.js";
import type { AskedPreview } from "./work.js";

/* How often previews are asked for: as often as the way and the service bear. */

/** Thirty a second: more of them look no smoother. */
const quickEveryMs = 33;
/** For a service that takes longer than that for one: it is slow, or has other people's prompts to answer. */
const busyEveryMs = 60;
/** One that waits for the one before it would only come later. */
const busyShare = 1.2;
/** After a refusal that says no time itself. */
const refusedEveryMs = 500;
/**
 * On their way at once: as many as a way of 250 ms there and back has room for. The browser's own decoder has no way to
 * fill.
 */
export const mostUnderWay = { server: 8, here: 1 } as const;
/** From here on a preview is behind the pointer, and there are fewer. */
const slowMs = 250;
/** From here on it is about where the pointer was, and there are none but one now and then, to see whether it got better. */
const tooSlowMs = 400;
const probeEveryMs = 5_000;
/** A try by the browser itself costs no one else: after one that was held up it is soon back to speed. */
const probeHereEveryMs = 1_000;
/** The pointer's timer may come so much before its time, to make good what came after it. */
const earlyMs = 20;
/** Of the latest round trip in their average. */
const weightOfServer = 0.3;
const weightHere = 0.5;

/** How far apart previews are to be asked for. */
export function previewEveryMs({ previewing: { place, roundTripMs = 0, serviceMs } }: State): number {
  if (roundTripMs > tooSlowMs) return place === "here" ? probeHereEveryMs : probeEveryMs;
  if (place === "here") return quickEveryMs;
  if (roundTripMs > slowMs) return 3 * roundTripMs;
  if (serviceMs === undefined) return busyEveryMs;
  return serviceMs > quickEveryMs ? Math.max(busyEveryMs, Math.round(busyShare * serviceMs)) : quickEveryMs;
}

/** Whether one may be asked for at this moment. */
export function isDue(state: State, atMs: number): boolean {
  const { place, roundTripMs = 0, lastAskedAtMs } = state.previewing;
  const enough = place === "here" ? tooSlowMs : slowMs;
  return roundTripMs <= enough || atMs - lastAskedAtMs >= previewEveryMs(state) - earlyMs;
}

/** What was known of the times holds for the place before. */
export function movePreviews(state: State, place: Place): State {
  if (state.previewing.place === place) return state;
  return {
    ...state,
    previewing: { ...state.previewing, place, roundTripMs: undefined, wayMs: undefined, serviceMs: undefined },
  };
}

/** What an answer tells of the way and of the service. */
export function timed(
  state: State,
  question: AskedPreview,
  outcome: SegmentResponse["outcome"],
  place: Place,
  atMs: number,
): State {
  const { previewing } = state;
  // One that was on its way to the other place says nothing about this one.
  if (place !== previewing.place) return state;
  if (outcome.case !== "result") {
    if (!isOverload(outcome.value?.code)) return state;
    return { ...state, previewing: { ...previewing, serviceMs: outcome.value?.retryAfterMs ?? refusedEveryMs } };
  }
  const serviceMs = serviceMsOf(outcome.value);
  const known = { ...state, previewing: { ...previewing, serviceMs, foundAtMs: atMs } };
  const times = { askedAtMs: question.atMs, answeredAtMs: atMs, serviceMs };
  return hasWaited(times, previewing.foundAtMs) ? known : heard(known, atMs - question.atMs, serviceMs);
}

function isOverload(code: ErrorCode | undefined): boolean {
  return code === ErrorCode.RESOURCE_EXHAUSTED || code === ErrorCode.UNAVAILABLE;
}

function heard(state: State, tookMs: number, serviceMs: number): State {
  const { place, roundTripMs: before = tookMs } = state.previewing;
  const weight = place === "here" ? weightHere : weightOfServer;
  const roundTripMs = before + weight * (tookMs - before);
  const wayMs = Math.max(0, tookMs - serviceMs);
  return { ...state, previewing: { ...state.previewing, roundTripMs, wayMs } };
}
