/** Whoever waits for news of something, by its name. */
export class Watched {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Wakes those who wait for it; without a name all. */
  wake(name: string | undefined): void {
    if (name === undefined) for (const all of this.#waiting.values()) for (const one of all) one();
    else for (const one of this.#waiting.get(name) ?? []) one();
  }

  /** Once at first, then after every news; those that come while it is at work are one. Ends with the signal. */
  async *turns(name: string, signal: AbortSignal): AsyncGenerator<void> {
    let isNew = true;
    let wake = () => {};
    const onNews = () => {
      isNew = true;
      wake();
    };
    const all = this.#waiting.get(name) ?? new Set();
    this.#waiting.set(name, all.add(onNews));
    signal.addEventListener("abort", onNews);
    try {
      while (!signal.aborted) {
        if (!isNew) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        isNew = false;
        yield;
      }
    } finally {
      signal.removeEventListener("abort", onNews);
      all.delete(onNews);
      if (all.size === 0 && this.#waiting.get(name) === all) this.#waiting.delete(name);
    }
  }
}
