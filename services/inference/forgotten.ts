import { LRUCache } from "lru-cache";
import { prefixesOf } from "./picture-set.js";

/** Deletions that are remembered: what was under way before so many others has ended since. */
const mostDeletions = 10_000;

/**
 * What was deleted lately. Who is about to keep something asks whether its picture was deleted since he has got it: what is
 * under way must not put it back.
 */
export class Forgotten {
  readonly #deletions = new LRUCache<string, { number: number; at: number }>({ max: mostDeletions });
  readonly #now: () => number;
  #count = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Number of the latest deletion: what is got now is from after it. */
  get count(): number {
    return this.#count;
  }

  /**
   * @param prefix of a `PictureSet`. @param number that it has elsewhere, where this follows another's.
   * @returns its number.
   */
  note(prefix: string, number = this.#count + 1): number {
    this.#count = number;
    this.#deletions.set(prefix, { number, at: this.#now() });
    return number;
  }

  /** Whether something of this key, which is from after the deletion `count`, was deleted since. */
  isGone(key: string, count: number): boolean {
    return this.#some(key, ({ number }) => number > count);
  }

  /** Whether something of this key was deleted less than so many milliseconds ago. */
  wasJustDeleted(key: string, ms: number): boolean {
    return this.#some(key, ({ at }) => this.#now() - at < ms);
  }

  #some(key: string, test: (deletion: { number: number; at: number }) => boolean): boolean {
    // Nearly always: nobody has deleted anything.
    if (this.#deletions.size === 0) return false;
    return prefixesOf(key).some((prefix) => {
      const deletion = this.#deletions.peek(prefix);
      return deletion !== undefined && test(deletion);
    });
  }
}
