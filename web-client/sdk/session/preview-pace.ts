import { ErrorCode, type SegmentResponse } from "../../../proto/index.js";
import type { Place } from "./event.js";
import { hasWaited, serviceMsOf } from "./service-time.js";

/** How previews have fared. */
export interface Previewing {
  readonly place: Place;
  /** Of the ways there and back, the latest weighing most; undefined before the first. */
  readonly roundTripMs: number | undefined;
  /** The way alone of the latest one, there and back. */
  readonly wayMs: number | undefined;
  /** What the service itself took for the latest, waiting for other people's included; undefined before the first. */
  readonly serviceMs: number | undefined;
  /** When the latest one came. */
  readonly foundAtMs: number;
  readonly lastAskedAtMs: number;
}

export const firstPreviewing: Previewing = {
  place: "server",
  roundTripMs: undefined,
  wayMs: undefined,
  serviceMs: undefined,
  foundAtMs: 0,
  lastAskedAtMs: 0,
};

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
export function previewEveryMs({ place, roundTripMs = 0, serviceMs }: Previewing): number {
  if (roundTripMs > tooSlowMs) return place === "here" ? probeHereEveryMs : probeEveryMs;
  if (place === "here") return quickEveryMs;
  if (roundTripMs > slowMs) return 3 * roundTripMs;
  if (serviceMs === undefined) return busyEveryMs;
  return serviceMs > quickEveryMs ? Math.max(busyEveryMs, Math.round(busyShare * serviceMs)) : quickEveryMs;
}

/** Whether one may be asked for at this moment. */
export function isDue(previewing: Previewing, atMs: number): boolean {
  const { place, roundTripMs = 0, lastAskedAtMs } = previewing;
  const enough = place === "here" ? tooSlowMs : slowMs;
  return roundTripMs <= enough || atMs - lastAskedAtMs >= previewEveryMs(previewing) - earlyMs;
}

/** What was known of the times holds for the place before. */
export function movePreviews(previewing: Previewing, place: Place): Previewing {
  if (previewing.place === place) return previewing;
  return { ...previewing, place, roundTripMs: undefined, wayMs: undefined, serviceMs: undefined };
}

/** What an answer tells of the way and of the service. @param askedAtMs when its question was sent. */
export function timed(
  previewing: Previewing,
  askedAtMs: number,
  outcome: SegmentResponse["outcome"],
  place: Place,
  atMs: number,
): Previewing {
  // One that was on its way to the other place says nothing about this one.
  if (place !== previewing.place) return previewing;
  if (outcome.case !== "result") {
    if (!isOverload(outcome.value?.code)) return previewing;
    return { ...previewing, serviceMs: outcome.value?.retryAfterMs ?? refusedEveryMs };
  }
  const serviceMs = serviceMsOf(outcome.value);
  const known = { ...previewing, serviceMs, foundAtMs: atMs };
  const times = { askedAtMs, answeredAtMs: atMs, serviceMs };
  return hasWaited(times, previewing.foundAtMs) ? known : heard(known, atMs - askedAtMs, serviceMs);
}

function isOverload(code: ErrorCode | undefined): boolean {
  return code === ErrorCode.RESOURCE_EXHAUSTED || code === ErrorCode.UNAVAILABLE;
}

function heard(previewing: Previewing, tookMs: number, serviceMs: number): Previewing {
  const { place, roundTripMs: before = tookMs } = previewing;
  const weight = place === "here" ? weightHere : weightOfServer;
  const roundTripMs = before + weight * (tookMs - before);
  const wayMs = Math.max(0, tookMs - serviceMs);
  return { ...previewing, roundTripMs, wayMs };
}
