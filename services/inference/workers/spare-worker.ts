/** People who clicked so long ago are taken to be at it: looking at a mask takes seconds. */
const presenceMs = 5000;

/**
 * Says whether a worker is to be left free: what nobody waits for may not hold all of them while people of another tenant are
 * at work, since a run that has begun is not given up for a click.
 */
export class SpareWorker {
  readonly #now: () => number;
  #latest: { tenant: string; at: number } | undefined;
  /** The latest of a tenant that is not the latest's. */
  #before: { tenant: string; at: number } | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Somebody of this tenant waits for an answer. */
  clicked(tenant: string): void {
    if (this.#latest?.tenant !== tenant) this.#before = this.#latest;
    this.#latest = { tenant, at: this.#now() };
  }

  isKeptFrom(tenant: string): boolean {
    const other = this.#latest?.tenant === tenant ? this.#before : this.#latest;
    return other !== undefined && this.#now() - other.at < presenceMs;
  }
}
