import { reconnect } from "../sdk/session/link.js";
import type { Effect } from "./event.js";
import type { State } from "./state.js";

/** Somebody is here: a connection that sleeps is made again. One that backs off goes on doing so. */
export function wake(state: State, effects: readonly Effect[]): readonly [State, readonly Effect[]] {
  if (state.link.kind !== "asleep") return [state, effects];
  const [link, connect] = reconnect(state.link, false);
  return [{ ...state, link }, [...connect, ...effects]];
}
