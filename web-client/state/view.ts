import type { State } from "./state.js";

/** A part of the page, as a function of the state. */
export interface View {
  /** What of the state it shows, compared by identity: while all of it is the same there is nothing to draw. */
  readonly parts: (state: State) => readonly unknown[];
  readonly render: (state: State, nowMs: number) => void;
  /** Whether time alone changes what it says. */
  readonly isPassing?: (state: State) => boolean;
}

export interface Views {
  /** What shows the picture and its mask. */
  readonly canvas: readonly View[];
  readonly others: readonly View[];
}
