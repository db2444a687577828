/** A caller's part may be this many times what is free: alone it leaves a quarter, many of them leave less. */
const mostOfFree = 3;

/** Who holds places: a caller, of a tenant or of none. */
export interface Holder {
  readonly caller: string;
  readonly tenant?: string | undefined;
}

/** Whoever a call is for. */
export const holderOf = ({
  caller = "",
  tenant,
}: {
  caller?: string | undefined;
  tenant?: string | undefined;
}): Holder => ({
  caller,
  tenant,
});

interface Held {
  all: number;
  readonly byCaller: Map<string, number>;
}

/**
 * Places that are shared without numbers of anybody's own: a tenant that holds more than three times what is free gets no more (the
 * dynamic thresholds of shared-memory switches), nor does a caller that holds more than three times what its tenant may still take. So
 * nobody is held back while much is free, who is alone leaves some for those who come, of other tenants and of its own, and a tenant that
 * holds nothing is refused only when nothing is left. A caller of no tenant is one by itself.
 */
export class Shares {
  readonly capacity: number;
  readonly #tenants = new Map<string, Held>();
  #used = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get used(): number {
    return this.#used;
  }

  heldBy(who: Holder): number {
    return this.#tenants.get(tenantOf(who))?.byCaller.get(who.caller) ?? 0;
  }

  /** Of all of its tenant's callers together. */
  heldByTenantOf(who: Holder): number {
    return this.#tenants.get(tenantOf(who))?.all ?? 0;
  }

  /** Why somebody would get no more now: nothing is left, or its own part is used up. */
  refusal(who: Holder, weight = 1): "full" | "share" | undefined {
    const free = this.capacity - this.#used;
    if (weight > free) return "full";
    const left = mostOfFree * free - this.heldByTenantOf(who);
    if (left <= 0) return "share";
    if (who.tenant === undefined) return undefined;
    return this.heldBy(who) >= mostOfFree * Math.min(free, left) ? "share" : undefined;
  }

  /** Takes a place, whatever `refusal` says of it. @returns gives it back; safe to call twice. */
  take(who: Holder, weight = 1): () => void {
    this.#add(who, weight);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#add(who, -weight);
    };
  }

  #add(who: Holder, weight: number): void {
    this.#used += weight;
    const tenant = tenantOf(who);
    const held = this.#tenants.get(tenant) ?? { all: 0, byCaller: new Map<string, number>() };
    this.#tenants.set(tenant, held);
    held.all += weight;
    const own = (held.byCaller.get(who.caller) ?? 0) + weight;
    if (own > 0) held.byCaller.set(who.caller, own);
    else held.byCaller.delete(who.caller);
    if (held.byCaller.size === 0) this.#tenants.delete(tenant);
  }
}

/** Who shares with whom. No tenant's name has a slash. */
export const tenantOf = ({ caller, tenant }: Holder) => tenant ?? `/${caller}`;
