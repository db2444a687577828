import { LRUCache } from "lru-cache";
import type { Principal, PrincipalLimits } from "../../runtime/callers/principal.js";
import type { PrincipalUsage, Quota, QuotaName, QuotaUsage } from "../../runtime/callers/quota.js";
import type { Metrics } from "../../runtime/host-metrics.js";
import { limitOfQuota } from "./quota-limits.js";
import { quotaWindows } from "./quota-windows.js";
import type { Sharing } from "./sharing.js";
import { Window } from "./window.js";

type WindowName = Exclude<QuotaName, "sessions">;

/** Whoever is pushed out by so many others begins anew. */
const mostHolders = 20_000;

/** A principal or a tenant, and what it has taken. */
interface Holder {
  readonly of: "principal" | "tenant";
  /** In the shared store's keys. */
  readonly name: string;
  readonly tenant: string;
  /** The principal's; of a tenant, none. */
  readonly id: string | undefined;
  limits: PrincipalLimits;
  readonly windows: Map<QuotaName, Window>;
  sessions: number;
}

interface QuotasOptions {
  /** How long a picture is kept, in milliseconds: so long it counts as stored. */
  keptMs: number;
  metrics: Pick<Metrics, "limitHit">;
  /** Other processes that count together with this one. */
  sharing?: Sharing | undefined;
  /** Milliseconds since 1970. */
  now?: () => number;
}

/**
 * What principals and tenants have taken of their limits. Answers at once from what this process knows; others hear of it,
 * and it of them, behind the answers.
 */
export class Quotas implements Quota {
  readonly #options: QuotasOptions;
  readonly #windows: ReturnType<typeof quotaWindows>;
  readonly #now: () => number;
  readonly #holders = new LRUCache<string, Holder>({ max: mostHolders });

  constructor(options: QuotasOptions) {
    this.#options = options;
    this.#windows = quotaWindows(options.keptMs);
    this.#now = options.now ?? Date.now;
  }

  tryTake(principal: Principal, name: QuotaName, amount: number): number {
    if (name === "sessions") return 0;
    const holders = this.#limited(principal, name);
    if (holders.length === 0) return 0;
    const now = this.#now();
    const waits = holders.map((one) => this.#windowOf(one, name).waitMs(amount, this.#limitOf(one, name), now));
    const waitMs = Math.max(...waits);
    if (waitMs > 0) this.#options.metrics.limitHit(limitOfQuota[name]);
    else for (const holder of holders) this.#take(holder, name, amount, now);
    return waitMs;
  }

  correct(principal: Principal, name: QuotaName, amount: number): void {
    if (name === "sessions" || amount === 0) return;
    const now = this.#now();
    for (const holder of this.#limited(principal, name)) this.#take(holder, name, amount, now);
  }

  holdSession(principal: Principal): (() => void) | undefined {
    const holders = this.#limited(principal, "sessions");
    if (holders.some(({ sessions, limits }) => sessions >= (limits.sessions ?? 0))) {
      this.#options.metrics.limitHit(limitOfQuota.sessions);
      return undefined;
    }
    for (const holder of holders) holder.sessions++;
    let isHeld = true;
    return () => {
      if (isHeld) for (const holder of holders) holder.sessions--;
      isHeld = false;
    };
  }

  async usageOf(principal: Principal): Promise<QuotaUsage[]> {
    const holders = this.#holdersOf(principal);
    await this.#hear(holders);
    return holders.flatMap((holder) => this.#usageOf(holder));
  }

  async usageOfTenant(tenant: string): Promise<PrincipalUsage[]> {
    const holders = [...this.#holders.values()].filter((one) => one.tenant === tenant);
    await this.#hear(holders);
    return holders.map((holder) => ({ principal: holder.id, limits: this.#usageOf(holder) }));
  }

  /** What other processes have counted. */
  async #hear(holders: readonly Holder[]): Promise<void> {
    const { sharing } = this.#options;
    if (!sharing) return;
    for (const holder of holders) {
      for (const name of limitsOf(holder)) if (name !== "sessions") this.#share(holder, name);
    }
    await sharing.tellAll();
  }

  #usageOf(holder: Holder): QuotaUsage[] {
    return limitsOf(holder).map((name) => this.#usage(holder, name));
  }

  #usage(holder: Holder, name: QuotaName): QuotaUsage {
    const { of } = holder;
    const limit = this.#limitOf(holder, name);
    if (name === "sessions") return { name, of, window: null, used: holder.sessions, limit, resetsAt: null };
    const { used, endsAt } = this.#windowOf(holder, name).state(limit, this.#now());
    const resetsAt = used === 0 ? null : new Date(endsAt).toISOString();
    return { name, of, window: this.#windows[name].lengthMs / 1000, used, limit, resetsAt };
  }

  #take(holder: Holder, name: WindowName, amount: number, now: number): void {
    this.#windowOf(holder, name).take(amount, this.#limitOf(holder, name), now);
    this.#share(holder, name);
  }

  #share(holder: Holder, name: WindowName): void {
    const { lengthMs } = this.#windows[name];
    this.#options.sharing?.changed(`${holder.name}:${name}`, this.#windowOf(holder, name), lengthMs);
  }

  #windowOf(holder: Holder, name: WindowName): Window {
    const known = holder.windows.get(name);
    if (known) return known;
    const window = new Window(this.#windows[name].lengthMs);
    holder.windows.set(name, window);
    return window;
  }

  /** Of a window. */
  #limitOf({ limits }: Holder, name: QuotaName): number {
    return (limits[name] ?? 0) * (name === "sessions" ? 1 : this.#windows[name].times);
  }

  #limited(principal: Principal, name: QuotaName): Holder[] {
    // Nearly everybody's way: nothing is looked up for who has no such limit.
    if (principal.limits[name] === undefined && principal.tenantLimits?.[name] === undefined) return [];
    return this.#holdersOf(principal).filter(({ limits }) => limits[name] !== undefined);
  }

  #holdersOf({ id, tenant, limits, tenantLimits }: Principal): Holder[] {
    if (tenant === undefined) return [];
    const own = this.#holder({ of: "principal", name: `${tenant}/${nameOf(id)}`, tenant, id, limits });
    if (!tenantLimits) return [own];
    return [own, this.#holder({ of: "tenant", name: tenant, tenant, id: undefined, limits: tenantLimits })];
  }

  #holder(one: Pick<Holder, "of" | "name" | "tenant" | "id" | "limits">): Holder {
    const known = this.#holders.get(one.name);
    if (!known) {
      const holder = { ...one, windows: new Map(), sessions: 0 };
      this.#holders.set(one.name, holder);
      return holder;
    }
    // A key may have been given others since.
    known.limits = one.limits;
    return known;
  }
}

const limitsOf = ({ limits }: Holder) =>
  (Object.keys(limits) as QuotaName[]).filter((name) => limits[name] !== undefined);

/** A token's subject may be of any form and length. */
const nameOf = (id: string) => (/^[\w.-]{1,64}$/.test(id) ? id : `~${Buffer.from(id).toString("base64url")}`);
