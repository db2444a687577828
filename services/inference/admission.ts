import type { Doorkeeper } from "../runtime/overload/doorkeeper.js";
import type { Work } from "../runtime/overload/thresholds.js";
import { stopped } from "./workers/pool-errors.js";

/** Whether a tier takes new work: what overload lets in, and nothing more once it drains, also on streams that stay open. */
export class Admission {
  readonly #doorkeeper: Doorkeeper;
  #isOver = false;

  constructor(doorkeeper: Doorkeeper) {
    this.#doorkeeper = doorkeeper;
  }

  /** New work is another process's from now on. */
  end(): void {
    this.#isOver = true;
  }

  /**
   * @param work of a kind that overload may keep out; left out, none of these.
   * @throws ServiceError UNAVAILABLE once it is over; RESOURCE_EXHAUSTED while such work is refused. Both with a retry hint.
   */
  check(work?: Work): void {
    if (this.#isOver) throw stopped();
    if (work !== undefined) this.#doorkeeper.check(work);
  }
}
