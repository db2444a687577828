import type { Caller } from "../../services/runtime/callers/caller.js";
import { CallerRates } from "../../services/runtime/limits/caller-rates.js";
import type { Pace } from "./intake.js";

/** Milliseconds of the main thread that all sessions of a caller may take a second while others are there, and at once. */
const workOfCaller = { perSecond: 500, burst: 150 };
/** The same of a tenant's callers together, while other tenants are there. */
const workOfTenant = { perSecond: 750, burst: 225 };
/** What a new session takes of it, beside what reading its frames is measured to. */
const newSessionMs = 3;

type Who = Pick<Caller, "key" | "tenant">;

/**
 * What the sessions of one caller, and of one tenant, together may take of this gateway's main thread: who is alone may have all. A caller
 * of no tenant is one by itself.
 */
export class CallersPace {
  /** Kept when a caller's last session is closed: who opens one after the other is one caller all the same. */
  readonly #work: CallerRates;
  readonly #workOfTenants: CallerRates;
  readonly #sessions = new Map<string, number>();
  readonly #sessionsOfTenants = new Map<string, number>();

  constructor(now?: () => number) {
    const clock = now ? { now } : {};
    this.#work = new CallerRates({ ...workOfCaller, ...clock });
    this.#workOfTenants = new CallerRates({ ...workOfTenant, ...clock });
  }

  /** Before a session is opened. @returns 0 when it may be, or after how many milliseconds to ask again. */
  admit(who: Who): number {
    return this.#take(who, newSessionMs);
  }

  /** One more session of a caller. */
  enter(who: Who): { pace: Pace; leave: () => void } {
    const tenant = tenantOf(who);
    add(this.#sessions, who.key, 1);
    add(this.#sessionsOfTenants, tenant, 1);
    const buckets = [this.#work.of(who.key), ...(who.tenant === undefined ? [] : [this.#workOfTenants.of(who.tenant)])];
    return {
      pace: {
        take: (count) => this.#take(who, count),
        // What is done alone is nobody's loss, and no debt for when others come.
        spend: (ms) => {
          for (const bucket of this.#held(who)) bucket.spend(ms);
        },
        get isFull() {
          return buckets.every((bucket) => bucket.isFull);
        },
      },
      leave: () => {
        add(this.#sessions, who.key, -1);
        add(this.#sessionsOfTenants, tenant, -1);
      },
    };
  }

  /** Whether nobody else has a session. */
  isAlone({ key }: Pick<Caller, "key">): boolean {
    return isOnly(this.#sessions, key);
  }

  /** Whether no other tenant has a session, nor anybody of none. */
  isTenantAlone(tenant: string): boolean {
    return isOnly(this.#sessionsOfTenants, tenant);
  }

  #take(who: Who, count = 1): number {
    const [first, second] = this.#held(who);
    const waitMs = first?.take(count) ?? 0;
    if (waitMs > 0 || !second) return waitMs;
    const tenantMs = second.take(count);
    // Asked again later for both.
    if (tenantMs > 0) first?.spend(-count);
    return tenantMs;
  }

  /** What it is held against now. */
  #held(who: Who) {
    if (this.isAlone(who)) return [];
    const own = this.#work.of(who.key);
    if (who.tenant === undefined || this.isTenantAlone(who.tenant)) return [own];
    return [own, this.#workOfTenants.of(who.tenant)];
  }
}

function add(all: Map<string, number>, name: string, count: number): void {
  const left = (all.get(name) ?? 0) + count;
  if (left > 0) all.set(name, left);
  else all.delete(name);
}

const isOnly = (all: ReadonlyMap<string, number>, name: string) => all.size === (all.has(name) ? 1 : 0);

/** No tenant's name has a slash. */
const tenantOf = ({ key, tenant }: Who) => tenant ?? `/${key}`;
