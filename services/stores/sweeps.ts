import { orAborted } from "../runtime/waits.js";

interface Sweep<Item> {
  readonly items: Item[];
  readonly end: AbortController;
  readonly done: Promise<void>;
  waiting: number;
}

/**
 * Work on everything there is, one sweep at a time: whatever comes while one is under way waits for the next, which is for all of it.
 * So nobody waits for more than two, however much comes.
 */
export class Sweeps<Item> {
  readonly #sweep: (items: readonly Item[], signal: AbortSignal) => Promise<void>;
  #last: Promise<unknown> = Promise.resolve();
  #next: Sweep<Item> | undefined;

  /** @param sweep is over when it settles; its signal aborts when nobody waits for it any more. */
  constructor(sweep: (items: readonly Item[], signal: AbortSignal) => Promise<void>) {
    this.#sweep = sweep;
  }

  /** Resolves after a sweep that began later than now. @throws the sweep's error, or the signal's reason when that aborts. */
  async join(item: Item, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const sweep = this.#next ?? this.#begin();
    sweep.items.push(item);
    sweep.waiting++;
    try {
      await orAborted(sweep.done, signal);
    } finally {
      sweep.waiting--;
      if (sweep.waiting === 0) this.#leave(sweep);
    }
  }

  /** Whoever comes later gets another. */
  #leave(sweep: Sweep<Item>): void {
    sweep.end.abort();
    if (this.#next === sweep) this.#next = undefined;
  }

  #begin(): Sweep<Item> {
    const end = new AbortController();
    const items: Item[] = [];
    const done = this.#last.then(() => {
      // All of them have left.
      if (end.signal.aborted) return;
      this.#next = undefined;
      return this.#sweep(items, end.signal);
    });
    const sweep: Sweep<Item> = { items, end, done, waiting: 0 };
    this.#last = done.catch(() => {});
    this.#next = sweep;
    return sweep;
  }
}
