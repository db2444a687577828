/** Lets many wait for the next change of something. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  /** Resolves at the next change, or after so many milliseconds; rejects with the signal's reason. */
  next(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        signal.removeEventListener("abort", leave);
      };
      const done = () => {
        settle();
        resolve();
      };
      const leave = () => {
        settle();
        reject(signal.reason);
      };
      const timer = setTimeout(done, ms);
      this.#waiting.add(done);
      signal.addEventListener("abort", leave);
    });
  }

  tell(): void {
    for (const done of [...this.#waiting]) done();
  }
}
