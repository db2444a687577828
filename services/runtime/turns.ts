import { setImmediate as nextTurn } from "node:timers/promises";

/** Less than people notice, and much more than a turn takes. */
const heldMs = 10;

/** For work of many small steps on the event loop: others have their turn between two of them when it was long enough. */
export class Turns {
  #since = performance.now();

  /** To be awaited between two steps. */
  async next(): Promise<void> {
    if (performance.now() - this.#since < heldMs) return;
    await nextTurn();
    this.#since = performance.now();
  }
}
