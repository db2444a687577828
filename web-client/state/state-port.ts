import type { ClientEvent } from "./event.js";
import type { State } from "./state.js";

/** The state as an edge has it: to look at, and to tell what has happened. */
export interface StatePort {
  readonly state: State;
  readonly dispatch: (event: ClientEvent) => void;
}
