/** Wakes the one who waits for it; a ring while he is busy with something else is kept for him. */
export class Bell {
  #hasRung = false;
  #wake = () => {};

  ring(): void {
    this.#hasRung = true;
    this.#wake();
  }

  /** Resolves when it has rung since the last time, at the latest after `mostMs`. @throws the signal's reason. */
  async heard(mostMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#hasRung) {
      await new Promise<void>((resolve) => {
        const end = () => {
          clearTimeout(timer);
          signal.removeEventListener("abort", end);
          this.#wake = () => {};
          resolve();
        };
        const timer = setTimeout(end, mostMs);
        signal.addEventListener("abort", end);
        this.#wake = end;
      });
    }
    this.#hasRung = false;
    signal.throwIfAborted();
  }
}
