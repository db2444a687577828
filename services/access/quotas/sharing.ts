import type { Window } from "./window.js";

/** Counts that several processes keep together, by key. */
export interface SharedCounts {
  /**
   * Adds to a count, which is gone `windowMs` after its first; 0 only reads it.
   * @returns what it is then, and how long it lives on. @throws when it cannot be asked.
   */
  add(key: string, amount: number, windowMs: number): Promise<{ used: number; leftMs: number }>;
}

/** Changes are gathered for so long: a count costs one way to the store in that time, however many clicks there are. */
const gatherMs = 100;

/**
 * Tells other processes what this one counts, and hears what they have counted, behind the answers: nothing ever waits for it.
 * So others may take for `gatherMs` and a way to the store and back before this process knows. While the store is away
 * each counts for itself, and what it has counted is told later.
 */
export class Sharing {
  readonly #counts: SharedCounts;
  readonly #now: () => number;
  readonly #changed = new Map<string, { window: Window; windowMs: number }>();
  #timer: NodeJS.Timeout | undefined;

  /** @param now milliseconds since 1970. */
  constructor(counts: SharedCounts, now: () => number = Date.now) {
    this.#counts = counts;
    this.#now = now;
  }

  /** Something was taken. */
  changed(key: string, window: Window, windowMs: number): void {
    this.#changed.set(key, { window, windowMs });
    this.#timer ??= setTimeout(() => void this.tellAll(), gatherMs).unref();
  }

  /** Tells what has changed. Resolves when the store has answered, or could not be asked. */
  async tellAll(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const changed = [...this.#changed];
    this.#changed.clear();
    await Promise.all(changed.map(([key, { window, windowMs }]) => this.#tell(key, window, windowMs)));
  }

  /** What has changed is told before. */
  close(): Promise<void> {
    return this.tellAll();
  }

  async #tell(key: string, window: Window, windowMs: number): Promise<void> {
    const amount = window.tell();
    try {
      const { used, leftMs } = await this.#counts.add(key, amount, windowMs);
      const now = this.#now();
      window.heard({ used, endsAt: now + leftMs }, now);
    } catch {
      // Told with the next change, if its window is still open: what the cache does is in its own figures.
      window.notTold(amount);
    }
  }
}
