/** Looks at a worker before it hangs. */
const looks = 10;
/** How many times as long as its tasks usually take a worker may be silent. */
const timesUsual = 5;

/**
 * How long workers have been silent although they have work, counted in looks at them: while the whole process stands still
 * nobody looks, and no worker is blamed for that.
 */
export class SilenceWatch<W extends object> {
  readonly #hungMs: number;
  readonly #lookMs: number;
  readonly #silent = new WeakMap<W, { looks: number; hangs: boolean }>();
  #timer: NodeJS.Timeout | undefined;

  /** @param hungMs silence after which a worker hangs. */
  constructor(hungMs: number) {
    this.#hungMs = hungMs;
    this.#lookMs = hungMs / looks;
  }

  /** Has `look` called now and again, until `end`. */
  begin(look: () => void): void {
    this.#timer = setInterval(look, this.#lookMs).unref();
  }

  end(): void {
    clearInterval(this.#timer);
  }

  /** How long a worker may be silent whose tasks usually take so long. */
  longestMs(usualMs: number): number {
    return Math.max(this.#hungMs, timesUsual * usualMs);
  }

  /** It has been silent for too long, and has not been heard since. */
  hangs(worker: W): boolean {
    return this.#silent.get(worker)?.hangs === true;
  }

  /**
   * One look more at a worker that has work, and was silent.
   * @param usualMs how long its tasks take. @param leastMs for which it may be silent in any case.
   * @returns for how many milliseconds it has been silent, when it hangs from now on.
   */
  look(worker: W, usualMs: number, leastMs = 0): number | undefined {
    const before = this.#silent.get(worker);
    if (before?.hangs) return undefined;
    const count = (before?.looks ?? 0) + 1;
    const silentMs = count * this.#lookMs;
    const hangs = silentMs >= Math.max(leastMs, this.longestMs(usualMs));
    this.#silent.set(worker, { looks: count, hangs });
    return hangs ? silentMs : undefined;
  }

  /** It has answered, or has been given its work only now. */
  heard(worker: W): void {
    this.#silent.delete(worker);
  }
}
