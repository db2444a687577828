import type { Place } from "../sdk/session/event.js";

/** What the person wants: the faster of both, or one by name. */
export type Preference = "automatic" | Place;

/** Which place is the faster, from what both have taken. Times in milliseconds, the latest last. */
export interface Choice {
  readonly place: Place;
  readonly server: readonly number[];
  /** What of the server's times the way there and back was. */
  readonly network: readonly number[];
  readonly here: readonly number[];
  /** When each place has last been asked. */
  readonly triedAtMs: Readonly<Record<Place, number>>;
}

/** One answer: how long it took, and what of it the way there and back was. */
interface Heard {
  readonly place: Place;
  readonly tookMs: number;
  readonly networkMs: number;
  readonly atMs: number;
}

/** A median over so many answers: one that was held up says nothing. */
const latest = 5;
/** Fewer say little about a network. */
const leastHeard = 3;
/** A decoder costs a download of 20 MB and more, which is repaid where a network takes longer than a decode. */
const slowNetworkMs = 50;
/** Both ways, or places that are alike would take turns. */
const clearlyFaster = 0.75;
const clearlySlower = 1.2;
/** The other place is asked now and then, since it may have got better; rarely where that is felt. */
const leastProbeMs = 30_000;
const probeShare = 60;

export const initialChoice: Choice = {
  place: "server",
  server: [],
  network: [],
  here: [],
  triedAtMs: { server: 0, here: 0 },
};

export function hear(choice: Choice, { place, tookMs, networkMs, atMs }: Heard): Choice {
  const next = {
    ...choice,
    [place]: [...choice[place], tookMs].slice(-latest),
    network: place === "server" ? [...choice.network, networkMs].slice(-latest) : choice.network,
    triedAtMs: { ...choice.triedAtMs, [place]: atMs },
  };
  return { ...next, place: fasterOf(next) };
}

export function tried(choice: Choice, place: Place, atMs: number): Choice {
  return { ...choice, triedAtMs: { ...choice.triedAtMs, [place]: atMs } };
}

/** Nothing that was measured here holds any more. */
export function forgetHere(choice: Choice): Choice {
  return { ...choice, here: [], place: "server" };
}

/** Whether a decoder here may be worth its download. */
export function isWorthTrying({ network }: Choice): boolean {
  return network.length >= leastHeard && median(network) >= slowNetworkMs;
}

/** Whether the place that is not chosen is to be asked once. */
export function isProbeDue(choice: Choice, atMs: number): boolean {
  const other = choice.place === "here" ? "server" : "here";
  if (choice[other].length === 0) return false;
  return atMs - choice.triedAtMs[other] >= Math.max(leastProbeMs, probeShare * median(choice[other]));
}

function fasterOf({ place, server, here }: Choice): Place {
  if (here.length === 0) return "server";
  if (server.length < leastHeard) return place;
  const ratio = median(here) / median(server);
  if (place === "server") return ratio < clearlyFaster ? "here" : "server";
  return ratio > clearlySlower ? "server" : "here";
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  // Of two the lower: what holds an answer up only ever makes it late.
  return sorted[(sorted.length - 1) >> 1] ?? 0;
}
