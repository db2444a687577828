/** closed: commands pass. open: none does. half-open: none does, but a probe is under way that may close it. */
export type BreakerState = "closed" | "open" | "half-open";

/**
 * Keeps callers away from a server that does not answer. Pure: time, probes and commands are the owner's. Libraries for
 * this send the next caller ahead as the probe, who then waits out the timeout; here nobody's command is the probe.
 */
export class CircuitBreaker {
  readonly #threshold: number;
  readonly #onChange: (state: BreakerState) => void;
  #failures = 0;
  #state: BreakerState = "open";

  /**
   * Begins open: nothing is known of the server yet.
   * @param threshold failures in a row, without one success, that open it.
   */
  constructor(threshold: number, onChange: (state: BreakerState) => void = () => {}) {
    this.#threshold = threshold;
    this.#onChange = onChange;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** A command was answered. */
  succeeded(): void {
    this.#failures = 0;
  }

  /** A command was not answered. */
  failed(): void {
    if (this.#state === "closed" && ++this.#failures >= this.#threshold) this.#change("open");
  }

  /** The server is known to be gone: no failure need be waited for. */
  trip(): void {
    this.#change("open");
  }

  probing(): void {
    if (this.#state === "open") this.#change("half-open");
  }

  /** The probe was answered. */
  restore(): void {
    this.#failures = 0;
    this.#change("closed");
  }

  #change(state: BreakerState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#onChange(state);
  }
}
