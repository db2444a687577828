import type { Effect } from "./event.js";
import type { Click, State } from "./state.js";

/*
 * A connection may be gone without a word: the network changed, a machine slept. Whoever waits for an answer on it would
 * wait for ever, so what has been asked is looked at again after a while. The pings that keep an idle connection are the
 * gateway's, and the browser answers them by itself.
 */

/** A click on a picture that is ready takes a fraction of a second. Doubles with each try: a slow service is not a lost one. */
export const clickSilenceMs = 10_000;
/** A search says something every few points, but waits while people click. */
const searchSilenceMs = 30_000;
/** Timers may fire a little before their time. */
const timerSlackMs = 10;

/** Gives a silent connection up, or looks again when the next answer is due. */
export function listen(state: State, atMs: number): readonly [State, readonly Effect[]] {
  const { link, picture } = state;
  if (link.kind !== "open") return [state, []];
  const dues: number[] = [];
  // While the service studies the picture there is nothing to say.
  if (picture.kind === "ready") dues.push(...picture.edit.waiting.flatMap(dueAt));
  else if (picture.kind !== "empty" && picture.edit.waiting.length > 0) dues.push(atMs + clickSilenceMs);
  if (link.search !== undefined) dues.push(link.search.heardAtMs + searchSilenceMs);
  if (dues.length === 0) return [state, []];
  const leftMs = Math.min(...dues) - atMs;
  if (leftMs > timerSlackMs) return [state, [{ kind: "timer", name: "silence", delayMs: leftMs }]];
  return [patient(state), [{ kind: "disconnect" }]];
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
