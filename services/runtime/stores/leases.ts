import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { CacheConnection } from "./cache-connection.js";

/** The right to do a piece of work that others leave alone meanwhile. */
export interface Lease {
  /** False once its term has run out, by this process's own clock, without an extension: another may be at work now. */
  readonly isHeld: boolean;
  /**
   * Lets those who wait know how far the work is; for them it is news, nothing to rely on.
   * @param news asked for now and at each renewal.
   */
  tell(news: () => string): void;
  /**
   * Lets the next one go on at once.
   * @param verdict told to those who wait, for as long as a term: why the work cannot succeed for anybody.
   */
  release(verdict?: string): Promise<void>;
}

/** How a wait for another's lease ended. */
export type Freed = { verdict: string | undefined };

/** The keys that leases are made of: the shared cache, or a process's memory. May throw: then there are no leases. */
export type LeaseKeys = Pick<CacheConnection, "get" | "set" | "setIfAbsent" | "extendIfEqual" | "deleteIfEqual">;

export interface LeasesOptions {
  namespace: string;
  /** A holder that dies holds the others up for so long at most. */
  termMs: number;
  now?: () => number;
}

/** Looks at a lease that another holds: soon at first, then at longer intervals. */
const pollMs = { first: 25, last: 400 };

/**
 * Leases by name among all who use the same keys. They save work that would be done twice; they do not make it wrong to do
 * it twice, since no clock and no cache can promise that. Holders renew them every third of a term and, when they could not,
 * learn it from `isHeld` before they publish what they made.
 */
export class Leases {
  readonly #keys: LeaseKeys;
  readonly #options: LeasesOptions;
  readonly #now: () => number;

  constructor(keys: LeaseKeys, options: LeasesOptions) {
    this.#keys = keys;
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** @returns the lease; "taken" when another holds it; "unavailable" when the keys do not answer. Never throws. */
  async acquire(name: string): Promise<Lease | "taken" | "unavailable"> {
    const { termMs } = this.#options;
    const key = this.#key(name);
    const token = randomUUID();
    // The term counts from before the command left: by the holder's clock it ends no later than by the cache's.
    const askedAt = this.#now();
    try {
      if (!(await this.#keys.setIfAbsent(key, token, termMs))) return "taken";
    } catch {
      return "unavailable";
    }
    return this.#hold(name, token, askedAt + termMs);
  }

  /**
   * Waits for another's lease to end, well or by its term.
   * @param onNews hears at once that another is at work, with what its holder tells, and whenever that changes.
   * @returns "unavailable" when the keys do not answer. @throws the signal's reason.
   */
  async freed(
    name: string,
    signal: AbortSignal,
    onNews: (news: string | undefined) => void = () => {},
  ): Promise<Freed | "unavailable"> {
    const key = this.#key(name);
    let heard: { news: string | undefined } | undefined;
    for (let waitMs = pollMs.first; ; waitMs = Math.min(pollMs.last, 1.5 * waitMs)) {
      try {
        if ((await this.#keys.get(key)) === undefined) {
          const verdict = await this.#keys.get(`${key}:verdict`);
          return { verdict: verdict?.toString() };
        }
        const news = (await this.#keys.get(`${key}:news`))?.toString();
        if (!heard || (news !== undefined && news !== heard.news)) onNews(news);
        heard = { news };
      } catch {
        return "unavailable";
      }
      // Those who began together must not ask together.
      await sleep(waitMs * (0.75 + Math.random() / 2), undefined, { signal });
    }
  }

  #hold(name: string, token: string, heldUntil: number): Lease {
    const { termMs } = this.#options;
    const key = this.#key(name);
    const now = this.#now;
    let until = heldUntil;
    let latest: (() => string) | undefined;
    const publish = () => {
      if (latest) this.#keys.set(`${key}:news`, latest(), termMs).catch(() => {});
    };
    const renew = async () => {
      const askedAt = now();
      publish();
      try {
        if (await this.#keys.extendIfEqual(key, token, termMs)) until = Math.max(until, askedAt + termMs);
        else end();
      } catch {
        // Tried again in time, or it runs out.
      }
    };
    const timer = setInterval(renew, termMs / 3).unref();
    const end = () => {
      clearInterval(timer);
      until = Number.NEGATIVE_INFINITY;
    };
    return {
      get isHeld() {
        return now() < until;
      },
      tell: (news) => {
        latest = news;
        publish();
      },
      release: async (verdict) => {
        const wasHeld = now() < until;
        end();
        try {
          if (wasHeld && verdict !== undefined) await this.#keys.set(`${key}:verdict`, verdict, termMs);
          // Another's is left alone: it holds another token.
          await this.#keys.deleteIfEqual(key, token);
        } catch {
          // Its term ends it.
        }
      },
    };
  }

  #key(name: string): string {
    return `${this.#options.namespace}:lease:${name}`;
  }
}

/** Lease keys in this process's memory. */
export class MemoryLeaseKeys implements LeaseKeys {
  readonly #values = new Map<string, { value: Buffer; until: number }>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  async get(key: string): Promise<Buffer | undefined> {
    return this.#find(key)?.value;
  }

  async set(key: string, value: string | Buffer, ttlMs: number): Promise<void> {
    this.#forget();
    this.#values.set(key, { value: Buffer.from(value as string), until: this.#now() + ttlMs });
  }

  async setIfAbsent(key: string, value: string | Buffer, ttlMs: number): Promise<boolean> {
    if (this.#find(key)) return false;
    await this.set(key, value, ttlMs);
    return true;
  }

  async extendIfEqual(key: string, value: string | Buffer, ttlMs: number): Promise<boolean> {
    const found = this.#find(key);
    if (!found?.value.equals(Buffer.from(value as string))) return false;
    found.until = this.#now() + ttlMs;
    return true;
  }

  async deleteIfEqual(key: string, value: string | Buffer): Promise<boolean> {
    return this.#find(key)?.value.equals(Buffer.from(value as string)) === true && this.#values.delete(key);
  }

  #find(key: string) {
    const found = this.#values.get(key);
    return found && found.until > this.#now() ? found : undefined;
  }

  #forget(): void {
    for (const [key, { until }] of this.#values) if (until <= this.#now()) this.#values.delete(key);
  }
}
