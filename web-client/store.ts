import type { ClientEvent, Effect } from "./state/event.js";
import { reduce } from "./state/reduce.js";
import { initialState, type State } from "./state/state.js";

/** Holds the state, and hands every effect to the one who carries it out. */
export class Store {
  #state = initialState;
  readonly #run: (effect: Effect) => void;
  readonly #changed: () => void;

  constructor({ run, changed }: { run: (effect: Effect) => void; changed: () => void }) {
    this.#run = run;
    this.#changed = changed;
  }

  get state(): State {
    return this.#state;
  }

  readonly dispatch = (event: ClientEvent): void => {
    const [next, effects] = reduce(this.#state, event);
    const before = this.#state;
    // Set before the effects run: what they report at once must find the new state.
    this.#state = next;
    for (const effect of effects) this.#run(effect);
    if (next !== before) this.#changed();
  };
}
