import type { Link } from "./link.js";
import { type Click, timerSlackMs } from "./waiting.js";

/*
 * A connection may be gone without a word: the network changed, a machine slept. Whoever waits for an answer on it would
 * wait for ever, so what has been asked is looked at again after a while. The pings that keep an idle connection are the
 * gateway's, and a browser answers them by itself.
 */

/** A click on a picture that is ready takes a fraction of a second. Doubles with each try: a slow service is not a lost one. */
export const clickSilenceMs = 10_000;
/** For a picture that is studied the gateway has an answer within its deadline (30 s unless it is told otherwise). */
const studySilenceMs = 60_000;
/** A search says something every few points, but waits while people click. */
const searchSilenceMs = 30_000;

/** What a connection owes an answer to. */
interface Owed {
  readonly link: Link;
  /** How far the service is with the picture. */
  readonly picture:
    | { readonly kind: "empty" | "uploading" | "encoding" | "ready" | "refused" }
    | { readonly kind: "opening"; readonly resting?: boolean }
    | { readonly kind: "queued"; readonly etaMs: number };
  readonly waiting: readonly Click[];
}

/**
 * Whether a connection has been silent for too long, or else when to look again; undefined when nothing is owed.
 * @param heardAtMs when the gateway said something last, or was asked for the picture.
 */
export function silenceOf(
  { link, picture, waiting }: Owed,
  atMs: number,
  heardAtMs: number,
): "lost" | { readonly lookAgainMs: number } | undefined {
  if (link.kind !== "open") return undefined;
  const dues: number[] = [];
  const studyMs = patienceWith(picture);
  if (picture.kind === "ready") dues.push(...waiting.flatMap(dueAt));
  else if (studyMs !== undefined) dues.push(heardAtMs + studyMs);
  else if (picture.kind !== "empty" && waiting.length > 0) dues.push(atMs + clickSilenceMs);
  if (link.search !== undefined) dues.push(link.search.heardAtMs + searchSilenceMs);
  if (dues.length === 0) return undefined;
  const leftMs = Math.min(...dues) - atMs;
  return leftMs > timerSlackMs ? { lookAgainMs: leftMs } : "lost";
}

/** How long the gateway may say nothing of a picture that it was asked for; undefined while it was not. */
function patienceWith(picture: Owed["picture"]): number | undefined {
  switch (picture.kind) {
    case "opening":
      return picture.resting ? undefined : studySilenceMs;
    case "queued":
      return Math.max(studySilenceMs, 2 * picture.etaMs);
    case "encoding":
      return studySilenceMs;
    default:
      return undefined;
  }
}

function dueAt({ sentAtMs, tries }: Click): number[] {
  return sentAtMs === undefined ? [] : [sentAtMs + clickSilenceMs * 2 ** tries];
}

/** One that a silent connection owes: the next one is given longer for it. */
export function patient<Item extends Click>(click: Item): Item {
  return click.sentAtMs === undefined ? click : { ...click, tries: click.tries + 1 };
}
