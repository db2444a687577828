export interface TokenBucketOptions {
  /** Tokens a second that come back. */
  perSecond: number;
  /** Tokens that a caller who was quiet may spend at once. */
  burst: number;
  /** Milliseconds, monotonic. */
  now?: () => number;
}

/**
 * The token bucket of RFC 2697, with one rate. Synchronous and without a timer, since it stands before every frame: the
 * libraries for this answer with promises, or keep a timer a key.
 */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #now: () => number;
  #tokens: number;
  #at: number;

  constructor({ perSecond, burst, now = () => performance.now() }: TokenBucketOptions) {
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#now = now;
    this.#tokens = burst;
    this.#at = now();
  }

  /** Takes `count` tokens if they are there. @returns 0, or the milliseconds after which they will be there; nothing was taken then. */
  take(count = 1): number {
    this.#refill();
    if (this.#tokens >= count) {
      this.#tokens -= count;
      return 0;
    }
    // One that is larger than the bucket goes when the bucket is full, and leaves a debt.
    if (count > this.#burst && this.#tokens >= this.#burst) {
      this.#tokens -= count;
      return 0;
    }
    return Math.ceil((Math.min(count, this.#burst) - this.#tokens) / this.#perMs);
  }

  /** Takes `count` tokens of which the number was known only afterwards, whether they are there or not: the next waits for the debt. */
  spend(count: number): void {
    this.#refill();
    this.#tokens -= count;
  }

  /** True when nothing has been taken that has not come back: a table of buckets need not keep it. */
  get isFull(): boolean {
    this.#refill();
    return this.#tokens >= this.#burst;
  }

  #refill(): void {
    const now = this.#now();
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
  }
}
