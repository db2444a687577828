import { FairTurns } from "./fair-turns.js";
import { type Holder, tenantOf } from "./shares.js";

interface Waiting {
  readonly who: Holder;
  begin(): void;
}

/** Work of which so many are done at once, whoever's they are: tenants take turns, and who has none is one by its caller. */
export class TurnLine {
  readonly #waiting = new FairTurns<Waiting>(({ who }) => tenantOf(who));
  #free: number;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Resolves when it may be begun, with what ends it. @throws the signal's reason when that aborts before. */
  async enter(who: Holder, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const one: Waiting = {
        who,
        begin: () => {
          signal.removeEventListener("abort", leave);
          resolve();
        },
      };
      const leave = () => {
        if (this.#waiting.remove(one)) reject(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.add(one);
      this.#go();
    });
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#free++;
      this.#go();
    };
  }

  #go(): void {
    while (this.#free > 0) {
      const next = this.#waiting.take();
      if (!next) return;
      this.#free--;
      next.begin();
    }
  }
}
