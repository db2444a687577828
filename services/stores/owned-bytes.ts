import { type Holder, tenantOf } from "../runtime/limits/shares.js";

interface Owner {
  bytes: number;
  /** Keys and their bytes, the least recently used first. */
  readonly entries: Map<string, number>;
}

interface Tenant {
  bytes: number;
  /** Nobody is here without an entry. */
  readonly owners: Map<string, Owner>;
}

/**
 * Whose the bytes of a bounded store are, and who makes room when it is short: of the tenant that holds most, whoever holds most gives up
 * what it used longest ago. So nobody drives out what others keep but by holding less than they do, however many callers a
 * tenant has; one who is alone may have all. An owner of no tenant is one by itself.
 */
export class OwnedBytes {
  readonly #tenants = new Map<string, Tenant>();
  readonly #ownerOf = new Map<string, Holder>();

  /** An entry that replaces one of that key has been removed before. */
  add(key: string, who: Holder, bytes: number): void {
    const name = tenantOf(who);
    const tenant = this.#tenants.get(name) ?? { bytes: 0, owners: new Map<string, Owner>() };
    this.#tenants.set(name, tenant);
    const owner = tenant.owners.get(who.caller) ?? { bytes: 0, entries: new Map<string, number>() };
    tenant.owners.set(who.caller, owner);
    tenant.bytes += bytes;
    owner.bytes += bytes;
    owner.entries.set(key, bytes);
    this.#ownerOf.set(key, who);
  }

  remove(key: string): void {
    const who = this.#ownerOf.get(key);
    if (!who) return;
    this.#ownerOf.delete(key);
    const tenant = this.#tenants.get(tenantOf(who));
    const owner = tenant?.owners.get(who.caller);
    if (!tenant || !owner) return;
    const bytes = owner.entries.get(key) ?? 0;
    tenant.bytes -= bytes;
    owner.bytes -= bytes;
    owner.entries.delete(key);
    if (owner.entries.size === 0) tenant.owners.delete(who.caller);
    if (tenant.owners.size === 0) this.#tenants.delete(tenantOf(who));
  }

  /** It was used just now. */
  touch(key: string): void {
    const who = this.#ownerOf.get(key);
    const owner = who && this.#tenants.get(tenantOf(who))?.owners.get(who.caller);
    const bytes = owner?.entries.get(key);
    if (!owner || bytes === undefined) return;
    owner.entries.delete(key);
    owner.entries.set(key, bytes);
  }

  /** What goes next when `bytes` more of somebody's are to come; undefined when nothing is here. */
  nextToGo(who: Holder, bytes: number): string | undefined {
    const tenant = largest(this.#tenants, tenantOf(who), bytes);
    const isOwn = tenant !== undefined && tenant === this.#tenants.get(tenantOf(who));
    const owner = tenant && largest(tenant.owners, isOwn ? who.caller : undefined, bytes);
    return owner?.entries.keys().next().value;
  }
}

/** @param newcomer whose `bytes` are to come. */
function largest<T extends { bytes: number }>(
  all: ReadonlyMap<string, T>,
  newcomer: string | undefined,
  bytes: number,
): T | undefined {
  let most = -1;
  let found: T | undefined;
  for (const [name, one] of all) {
    const held = one.bytes + (name === newcomer ? bytes : 0);
    if (held <= most) continue;
    most = held;
    found = one;
  }
  return found;
}
