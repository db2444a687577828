import { CallerRates } from "../callers/caller-rates.js";
import type { Pace } from "./intake.js";

/** Milliseconds of the main thread that all sessions of a caller may take a second while others are there, and at once. */
const workOfCaller = { perSecond: 500, burst: 150 };
/** What a new session takes of it, beside what reading its frames is measured to. */
const newSessionMs = 3;

/** What the sessions of one caller together may take of this gateway's main thread: a caller who is alone may have all. */
export class CallersPace {
  /** Kept when a caller's last session is closed: who opens one after the other is one caller all the same. */
  readonly #work: CallerRates;
  readonly #sessions = new Map<string, number>();

  constructor(now?: () => number) {
    this.#work = new CallerRates({ ...workOfCaller, ...(now ? { now } : {}) });
  }

  /** Before a session is opened. @returns 0 when it may be, or after how many milliseconds to ask again. */
  admit(caller: string): number {
    return this.isAlone(caller) ? 0 : this.#work.of(caller).take(newSessionMs);
  }

  /** One more session of a caller. */
  enter(caller: string): { pace: Pace; leave: () => void } {
    this.#sessions.set(caller, (this.#sessions.get(caller) ?? 0) + 1);
    const work = this.#work.of(caller);
    return {
      pace: {
        // What is done alone is nobody's loss, and no debt for when others come.
        take: (count) => (this.isAlone(caller) ? 0 : work.take(count)),
        spend: (ms) => {
          if (!this.isAlone(caller)) work.spend(ms);
        },
        get isFull() {
          return work.isFull;
        },
      },
      leave: () => {
        const left = (this.#sessions.get(caller) ?? 0) - 1;
        if (left > 0) this.#sessions.set(caller, left);
        else this.#sessions.delete(caller);
      },
    };
  }

  /** Whether nobody else has a session. */
  isAlone(caller: string): boolean {
    return this.#sessions.size === (this.#sessions.has(caller) ? 1 : 0);
  }
}
