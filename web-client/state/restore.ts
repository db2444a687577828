import type { Effect, EventOf } from "./event.js";
import type { State, StripEntry } from "./state.js";
import { newEntry } from "./strip.js";
import { type Edit, noHover, type Work } from "./work.js";

type Next = readonly [State, readonly Effect[]];

/**
 * The pictures of an earlier visit come back with their work, before any that are there already. They are read again, as
 * new ones are: what is known of them at the service may have changed.
 */
export function restore(state: State, { pictures, active, nextSequence, atMs }: EventOf<"restored">): Next {
  const known = new Set(state.strip.map(({ token }) => token));
  const entries = pictures
    .filter(({ token }) => !known.has(token))
    .map(({ token, name, work }): StripEntry => ({ ...newEntry(token, name), work: work && revived(work, atMs) }));
  const isIdle = state.picture.kind === "empty" && state.loading === undefined;
  const shown = isIdle ? (entries.find(({ token }) => token === active) ?? entries[0]) : undefined;
  const next: State = {
    ...state,
    strip: [...entries, ...state.strip],
    loading: shown === undefined ? state.loading : { token: shown.token, name: shown.name },
    // A number that an earlier step has is nobody else's.
    nextSequence: Math.max(state.nextSequence, nextSequence),
  };
  const effects = entries.map(
    (entry): Effect => ({ kind: entry === shown ? "load-picture" : "read-picture", token: entry.token }),
  );
  return [next, effects];
}

/** Clicks that waited are asked again on the connection of this visit, whose clock began anew. */
function revived({ edit, everything }: Work, atMs: number): Work {
  const waiting = edit.waiting.map((click) => ({
    ...click,
    madeAtMs: atMs,
    sentAtMs: undefined,
    notBeforeMs: 0,
    tries: 0,
  }));
  const fresh: Edit = { ...edit, waiting, hover: noHover };
  return { edit: fresh, everything };
}
