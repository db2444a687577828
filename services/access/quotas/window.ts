/** What is counted in a window, as it stands. */
interface WindowState {
  used: number;
  /** When it is empty again, by the clock of `now`. */
  endsAt: number;
}

/**
 * Counts up to a limit within a time that begins with the first that is taken; then it is empty. What was taken beyond the
 * limit makes it last as much longer: nobody gains by taking much at once. At the border of two windows twice the limit may
 * come together.
 */
export class Window {
  readonly #lengthMs: number;
  #used = 0;
  #begunAt = 0;
  /** The end of its time, without debts. */
  #endsAt = 0;
  /** Taken since the last that others were told of. */
  #untold = 0;

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs;
  }

  /** @returns milliseconds until so much may be taken; 0 when it may be now. What is larger than the limit goes when nothing is used. */
  waitMs(amount: number, limit: number, now: number): number {
    this.#begin(limit, now);
    if (limit <= 0) return this.#lengthMs;
    if (this.#used + amount <= limit || (amount > limit && this.#used === 0)) return 0;
    return Math.max(1, Math.ceil(this.#emptyAt(limit) - now));
  }

  /** Takes so much, whether there is room or not; gives it back where it is negative. */
  take(amount: number, limit: number, now: number): void {
    this.#begin(limit, now);
    if (this.#used === 0 && this.#untold === 0) this.#setTime(now);
    const before = this.#used;
    this.#used = Math.max(0, this.#used + amount);
    this.#untold += this.#used - before;
  }

  state(limit: number, now: number): WindowState {
    this.#begin(limit, now);
    return { used: this.#used, endsAt: this.#emptyAt(limit) };
  }

  /** What others are to be told of; from now on it counts as told. */
  tell(): number {
    const untold = this.#untold;
    this.#untold = 0;
    return untold;
  }

  /** They could not be told. */
  notTold(amount: number): void {
    this.#untold += amount;
  }

  /** All together have used so much, what was told among it, in a window that ends then. */
  heard({ used, endsAt }: WindowState, now: number): void {
    // A debt is this process's own: the others' window has ended.
    if (this.#used > 0 && now >= this.#endsAt) return;
    this.#used = Math.max(0, used + this.#untold);
    this.#begunAt = endsAt - this.#lengthMs;
    this.#endsAt = endsAt;
  }

  #begin(limit: number, now: number): void {
    if (now < this.#emptyAt(limit)) return;
    this.#used = 0;
    this.#untold = 0;
    this.#setTime(now);
  }

  #setTime(now: number): void {
    this.#begunAt = now;
    this.#endsAt = now + this.#lengthMs;
  }

  #emptyAt(limit: number): number {
    const windows = limit > 0 ? Math.max(1, this.#used / limit) : 1;
    return this.#begunAt + Math.ceil(windows * this.#lengthMs);
  }
}
