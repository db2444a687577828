import { LRUCache } from "lru-cache";
import { prefixesOf } from "./picture-set.js";

/** Deletions of one tenant that are remembered: what was under way before so many others has ended since. */
const mostDeletions = 2000;
/** Tenants whose deletions are remembered: those that have deleted last. */
const mostTenants = 256;

interface Deletion {
  number: number;
  at: number;
}

/**
 * What was deleted lately. Who is about to keep something asks whether its picture was deleted since he has got it: what is
 * under way must not put it back. Each tenant has its own bound, so nobody makes another's be forgotten by deleting much.
 */
export class Forgotten {
  /** By the prefix of all that a tenant has, then by that of the set, the oldest first. */
  readonly #tenants = new LRUCache<string, Map<string, Deletion>>({ max: mostTenants });
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
    const tenant = tenantOf(prefix);
    const deletions = this.#tenants.get(tenant) ?? new Map<string, Deletion>();
    this.#tenants.set(tenant, deletions);
    deletions.delete(prefix);
    deletions.set(prefix, { number, at: this.#now() });
    const [oldest = prefix] = deletions.keys();
    if (deletions.size > mostDeletions) deletions.delete(oldest);
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

  #some(key: string, test: (deletion: Deletion) => boolean): boolean {
    // Nearly always: nobody has deleted anything.
    if (this.#tenants.size === 0) return false;
    const prefixes = prefixesOf(key);
    const deletions = this.#tenants.peek(prefixes.at(-1) ?? "");
    return prefixes.some((prefix) => {
      const deletion = deletions?.get(prefix);
      return deletion !== undefined && test(deletion);
    });
  }
}

/** That of a tenant's whole set is its own. */
const tenantOf = (prefix: string) => prefixesOf(prefix).at(-1) ?? prefix;
