/** Tenants that have figures of their own: each is a series in every figure. */
const namedAtOnce = 20;

/** Tenants that are watched for whether they should have. */
const watchedAtOnce = 10 * namedAtOnce;

/** How many times as much as the least of those that are named one has to do to take its place: none goes to and fro. */
const lead = 2;

/** What those without figures of their own are called together; no tenant is called so. */
export const otherTenants = "(other)";

/**
 * Names tenants for figures, so that these are few however many tenants there are: those that do most have their own. Who does
 * most is told by "Space-Saving" (Metwally, Agrawal and El Abbadi, 2005), in memory that is bounded too.
 */
export class TenantLabels {
  readonly #counts = new Map<string, number>();
  readonly #named = new Set<string>();
  readonly #onDropped: (tenant: string) => void;

  /** @param onDropped hears of a tenant that has no figures of its own any more. */
  constructor(onDropped: (tenant: string) => void) {
    this.#onDropped = onDropped;
  }

  /** What a tenant's figures are found under, now that it has done one thing more. */
  of(tenant: string): string {
    const count = this.#count(tenant);
    if (this.#named.has(tenant)) return tenant;
    if (this.#named.size >= namedAtOnce) {
      const [least, leastCount] = this.#least(this.#named);
      if (count <= lead * leastCount) return otherTenants;
      this.#drop(least);
    }
    this.#named.add(tenant);
    return tenant;
  }

  #count(tenant: string): number {
    let before = this.#counts.get(tenant) ?? 0;
    if (before === 0 && this.#counts.size >= watchedAtOnce) {
      const [least, leastCount] = this.#least(this.#counts.keys());
      this.#counts.delete(least);
      if (this.#named.has(least)) this.#drop(least);
      // It may have done as much before it was watched.
      before = leastCount;
    }
    this.#counts.set(tenant, before + 1);
    return before + 1;
  }

  #least(tenants: Iterable<string>): [string, number] {
    let least: [string, number] = ["", Number.POSITIVE_INFINITY];
    for (const tenant of tenants) {
      const count = this.#counts.get(tenant) ?? 0;
      if (count < least[1]) least = [tenant, count];
    }
    return least;
  }

  #drop(tenant: string): void {
    this.#named.delete(tenant);
    this.#onDropped(tenant);
  }
}
