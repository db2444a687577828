import { Turns } from "../../inference/workers/turns.js";
import { overloaded } from "../../runtime/errors.js";
import { type Holder, Shares, tenantOf } from "../../runtime/limits/shares.js";

interface Waiting {
  readonly who: Holder;
  begin(): void;
}

/** Who waits to have a thumbnail made: so many are at once, tenants take turns, and none of them takes all places. */
export class MakingLine {
  readonly #turns = new Turns<Waiting>(({ who }) => tenantOf(who));
  readonly #shares: Shares;
  #free: number;

  constructor({ atOnce, mostWaiting }: { atOnce: number; mostWaiting: number }) {
    this.#free = atOnce;
    this.#shares = new Shares(mostWaiting);
  }

  /**
   * Does the work when it is its turn.
   * @param signal takes it out of the line; what has begun goes on. @throws ServiceError RESOURCE_EXHAUSTED when too many wait; the
   *   signal's reason; what the work throws.
   */
  async enter<T>(who: Holder, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.#shares.refusal(who)) throw overloaded("Too many thumbnails are waited for; try again.", 1000);
    const leave = this.#shares.take(who);
    try {
      await this.#turn(who, signal);
    } finally {
      leave();
    }
    try {
      return await work();
    } finally {
      this.#free++;
      this.#go();
    }
  }

  async #turn(who: Holder, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const waiting = {
        who,
        begin: () => {
          signal.removeEventListener("abort", leave);
          resolve();
        },
      };
      const leave = () => {
        if (this.#turns.remove(waiting)) reject(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#turns.add(waiting);
      this.#go();
    });
  }

  #go(): void {
    while (this.#free > 0) {
      const next = this.#turns.take();
      if (!next) return;
      this.#free--;
      next.begin();
    }
  }
}
