import { TokenBucket } from "../../services/runtime/limits/token-bucket.js";
import type { Pace } from "./intake.js";

/** Milliseconds of the main thread that all sessions of a caller may take a second while others are there, and at once. */
const workOfCaller = { perSecond: 500, burst: 500 };
/** What a new session takes of it, beside what reading its frames is measured to. */
const newSessionMs = 3;

/** What the sessions of one caller together may take of this gateway's main thread: a caller who is alone may have all. */
export class CallersPace {
  readonly #callers = new Map<string, { bucket: TokenBucket; sessions: number }>();
  readonly #now: (() => number) | undefined;

  constructor(now?: () => number) {
    this.#now = now;
  }

  /** One more session of a caller. */
  enter(caller: string): { pace: Pace; leave: () => void } {
    const one = this.#callers.get(caller) ?? { bucket: this.#newBucket(), sessions: 0 };
    this.#callers.set(caller, one);
    one.sessions++;
    const { bucket } = one;
    // What is done alone is nobody's loss, and no debt for when others come.
    const spend = (ms: number) => {
      if (this.#callers.size > 1) bucket.spend(ms);
    };
    spend(newSessionMs);
    return {
      pace: {
        take: (count) => (this.#callers.size > 1 ? bucket.take(count) : 0),
        spend,
        get isFull() {
          return bucket.isFull;
        },
      },
      leave: () => {
        if (--one.sessions === 0) this.#callers.delete(caller);
      },
    };
  }

  #newBucket(): TokenBucket {
    return new TokenBucket({ ...workOfCaller, ...(this.#now ? { now: this.#now } : {}) });
  }
}
