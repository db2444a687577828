import type { Admission } from "../../inference/admission.js";
import { overloaded } from "../../runtime/errors.js";
import type { Limit } from "../../runtime/limits/limit-hits.js";
import { type Holder, Shares } from "../../runtime/limits/shares.js";

/** About what a picture in everything mode takes. */
const retryAfterMs = 10_000;

interface EverythingPlacesOptions {
  admission: Admission;
  /** Prompts that may wait for a worker, and the workers. */
  maxQueue: number;
  workers: number;
  /** Told of what a limit refused. */
  onLimit: (limit: Limit) => void;
}

/** Pictures that everything mode works on (E9). All of them together may fill half of the queue: the rest is for people. */
export class EverythingPlaces {
  readonly #shares: Shares;
  readonly #options: EverythingPlacesOptions;

  constructor(options: EverythingPlacesOptions) {
    this.#options = options;
    this.#shares = new Shares(Math.max(1, Math.floor(options.maxQueue / (2 * options.workers))));
  }

  /**
   * One more picture.
   * @returns to be called when it is done. @throws ServiceError RESOURCE_EXHAUSTED, UNAVAILABLE with a retry hint.
   */
  enter(who: Holder): () => void {
    const { admission, onLimit } = this.#options;
    admission.check("everything");
    const refusal = this.#shares.refusal(who);
    if (!refusal) return this.#shares.take(who);
    onLimit(refusal === "full" ? "everything" : "everything_share");
    throw overloaded(
      refusal === "full"
        ? "Too many pictures are in everything mode already; try again later."
        : `${who.tenant === undefined ? "You have" : "Your tenant has"} ${this.#shares.heldByTenantOf(who)} pictures in everything mode already; wait until one is done.`,
      retryAfterMs,
    );
  }
}
