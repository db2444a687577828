import { randomUUID } from "node:crypto";
import { Bell } from "./bell.js";
import type { LeaseKeys } from "./lease-keys.js";
import { SigningKeys } from "./signing-keys.js";

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
   * @param verdict told to those who wait, for as long as a term: one word for why the work cannot succeed for anybody.
   */
  release(verdict?: string): Promise<void>;
}

/** How a wait for another's lease ended. */
type Freed = { verdict: string | undefined };

interface LeasesOptions {
  namespace: string;
  /** A holder that dies holds the others up for so long at most. */
  termMs: number;
  /** What a verdict is signed by, and believed. */
  signing?: SigningKeys;
  now?: () => number;
}

/** Of what others tell; more is not read. */
const mostBytes = { news: 256, verdict: 256 };

/** Terms for which another's lease is waited for: a holder that is alive is done by then, or nearly always. */
const mostTerms = 6;

/** A lease that nobody has released is looked at this long after its end: by then the cache's clock has passed it too. */
const afterEndMs = 20;

/**
 * Leases by name among all who use the same keys. They save work that would be done twice; they do not make it wrong to do
 * it twice, since no clock and no cache can promise that. Holders renew them every third of a term and, when they could not,
 * learn it from `isHeld` before they publish what they made.
 */
export class Leases {
  readonly #keys: LeaseKeys;
  readonly #options: LeasesOptions;
  readonly #now: () => number;
  readonly #signing: SigningKeys;

  constructor(keys: LeaseKeys, options: LeasesOptions) {
    this.#keys = keys;
    this.#options = options;
    this.#signing = options.signing ?? new SigningKeys();
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

  /** How long the work may be left to others: whoever writes to the keys could renew a lease for ever. */
  get longestWaitMs(): number {
    return mostTerms * this.#options.termMs;
  }

  /**
   * Waits for another's lease to end, well or by its term: is told of the one, and looks after the other.
   * @param onNews hears at once that another is at work, with what its holder tells, and whenever that changes. Both are
   *   what stands in the keys, which others may have written.
   * @param waitMs after which it is waited for no longer.
   * @returns "unavailable" when the keys do not answer; "overdue" when it has not ended in time. @throws the signal's reason.
   */
  async freed(
    name: string,
    signal: AbortSignal,
    onNews: (news: string | undefined) => void = () => {},
    waitMs = this.longestWaitMs,
  ): Promise<Freed | "unavailable" | "overdue"> {
    const key = this.#key(name);
    const until = this.#now() + waitMs;
    const bell = new Bell();
    let heard: { news: string | undefined } | undefined;
    const hear = (news: string | undefined) => {
      const isNew = !heard || (news !== undefined && news !== heard.news);
      heard = { news };
      if (isNew) onNews(news);
    };
    let messages = 0;
    const following = this.#keys.follow(key, {
      onMessage: (message) => {
        messages++;
        if (message === "") bell.ring();
        else hear(Buffer.from(message).subarray(0, mostBytes.news).toString());
      },
      onChange: () => bell.ring(),
    });
    // Without a subscription, as while its connection is lost or where the cache's user may not have one, there is no event
    // to wait for: then alone it is looked at now and then.
    const patienceMs = () => (following.state === "listening" ? Number.POSITIVE_INFINITY : this.#options.termMs / 3);
    try {
      // What is released after the look must be heard, so the subscription comes first.
      if (following.state === "opening") await bell.heard(Math.min(waitMs, patienceMs()), signal);
      for (;;) {
        let endsInMs: number | undefined;
        try {
          endsInMs = await this.#keys.remainingMs(key);
          if (endsInMs === undefined) return { verdict: await this.#verdict(name) };
          const before = messages;
          const news = (await this.#keys.head(`${key}:news`, mostBytes.news))?.toString();
          // A message that came meanwhile is newer.
          if (messages === before) hear(news);
        } catch {
          return "unavailable";
        }
        const leftMs = until - this.#now();
        if (leftMs <= 0) return "overdue";
        await bell.heard(Math.min(leftMs, endsInMs + afterEndMs, patienceMs()), signal);
      }
    } finally {
      following.close();
    }
  }

  async #verdict(name: string): Promise<string | undefined> {
    const text = (await this.#keys.head(`${this.#key(name)}:verdict`, mostBytes.verdict))?.toString();
    const [word = "", signature = ""] = text?.split(" ") ?? [];
    const fault = this.#signing.faultOf(signedVerdict(name, word), Buffer.from(signature, "hex"));
    return word === "" || fault ? undefined : word;
  }

  #hold(name: string, token: string, heldUntil: number): Lease {
    const { termMs } = this.#options;
    const key = this.#key(name);
    const now = this.#now;
    let until = heldUntil;
    let latest: (() => string) | undefined;
    const publish = () => {
      if (latest) this.#keys.setAndTell(`${key}:news`, latest(), termMs, key).catch(() => {});
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
          if (wasHeld && verdict !== undefined) {
            const signature = this.#signing.sign(signedVerdict(name, verdict)) ?? new Uint8Array(0);
            const text = `${verdict} ${Buffer.from(signature).toString("hex")}`.trimEnd();
            await this.#keys.set(`${key}:verdict`, text, termMs);
          }
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

const signedVerdict = (name: string, verdict: string) => ({
  kind: "verdict" as const,
  name,
  parts: [Buffer.from(verdict)],
});
