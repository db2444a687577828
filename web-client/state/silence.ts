import type { Effect } from "./event.js";
import type { Picture, State } from "./state.js";
import type { Click } from "./work.js";

/*
 * A connection may be gone without a word: the network changed, a machine slept. Whoever waits for an answer on it would
 * wait for ever, so what has been asked is looked at again after a while. The pings that keep an idle connection are the
 * gateway's, and the browser answers them by itself.
 */

/** A click on a picture that is ready takes a fraction of a second. Doubles with each try: a slow service is not a lost one. */
export const clickSilenceMs = 10_000;
/** For a picture that is studied the gateway has an answer within its deadline (30 s unless it is told otherwise). */
const studySilenceMs = 60_000;
/** A search says something every few points, but waits while people click. */
const searchSilenceMs = 30_000;
/** Timers may fire a little before their time. */
const timerSlackMs = 10;

/**
 * Gives a silent connection up, or looks again when the next answer is due.
 * @param heardAtMs when the gateway said something last, or was asked for the picture.
 */
export function listen(state: State, atMs: number, heardAtMs = atMs): readonly [State, readonly Effect[]] {
  const { link, picture } = state;
  if (link.kind !== "open") return [state, []];
  const dues: number[] = [];
  const studyMs = patienceWith(picture);
  if (picture.kind === "ready") dues.push(...picture.edit.waiting.flatMap(dueAt));
  else if (studyMs !== undefined) dues.push(heardAtMs + studyMs);
  else if (picture.kind !== "empty" && picture.edit.waiting.length > 0) dues.push(atMs + clickSilenceMs);
  if (link.search !== undefined) dues.push(link.search.heardAtMs + searchSilenceMs);
  if (dues.length === 0) return [state, []];
  const leftMs = Math.min(...dues) - atMs;
  if (leftMs > timerSlackMs) return [state, [{ kind: "timer", name: "silence", delayMs: leftMs }]];
  return [patient(state), [{ kind: "disconnect" }]];
}

/** How long the gateway may say nothing of a picture that it was asked for; undefined while it was not. */
function patienceWith(picture: Picture): number | undefined {
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

function patient(state: State): State {
  const { picture } = state;
  if (picture.kind === "empty") return state;
  const waiting = picture.edit.waiting.map((click) =>
    click.sentAtMs === undefined ? click : { ...click, tries: click.tries + 1 },
  );
  return { ...state, picture: { ...picture, edit: { ...picture.edit, waiting } } };
}
