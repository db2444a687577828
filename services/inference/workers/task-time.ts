/** Of a new measurement in the average. */
const share = 0.2;

/** How long a task takes, for retry hints and time left: a moving average, and before the first task a worker's own estimate. */
export class TaskTime {
  #ms = 0;
  #isMeasured = false;

  get ms(): number {
    return this.#ms;
  }

  guess(ms: number): void {
    if (!this.#isMeasured) this.#ms = ms;
  }

  /** @param mostMs that counts: a process that was stopped for an hour is no measure of its tasks. */
  measured(ranMs: number, mostMs: number): void {
    const ms = Math.min(ranMs, mostMs);
    this.#ms = this.#isMeasured ? (1 - share) * this.#ms + share * ms : ms;
    this.#isMeasured = true;
  }
}
