import type { State } from "./state.js";
import type { View } from "./view.js";

/** A view that is drawn when what it shows has changed. */
export class Drawing {
  readonly #view: View;
  #drawn: readonly unknown[] | undefined;

  constructor(view: View) {
    this.#view = view;
  }

  isStale(state: State): boolean {
    const [before, now] = [this.#drawn, this.#view.parts(state)];
    return before === undefined || now.length !== before.length || now.some((part, at) => part !== before[at]);
  }

  isPassing(state: State): boolean {
    return this.#view.isPassing?.(state) === true;
  }

  draw(state: State, nowMs: number): void {
    this.#drawn = this.#view.parts(state);
    this.#view.render(state, nowMs);
  }

  drawIfStale(state: State, nowMs: number): void {
    if (this.isStale(state)) this.draw(state, nowMs);
  }
}
