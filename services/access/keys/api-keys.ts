import { timingSafeEqual } from "node:crypto";
import { unauthenticated } from "../../runtime/callers/access.js";
import type { Principal } from "../../runtime/callers/principal.js";
import type { KeyEntry } from "./key-file.js";
import { digestOf, parseKey } from "./secret.js";

interface ApiKey {
  readonly entry: KeyEntry;
  readonly digest: Buffer;
  /** The same object for as long as the entry says the same. */
  readonly principal: Principal;
}

/** Compared with where there is no key of that id, so that this takes as long. */
const nobody = Buffer.alloc(32);

/** The keys that are believed. */
export class ApiKeys {
  #keys: ReadonlyMap<string, ApiKey> = new Map();
  readonly #now: () => number;

  /** @param now milliseconds since 1970. */
  constructor(entries: readonly KeyEntry[], now: () => number = Date.now) {
    this.#now = now;
    this.replace(entries);
  }

  get ids(): string[] {
    return [...this.#keys.keys()];
  }

  /** @returns the principals of before that are no more: gone, revoked, or changed in any way. */
  replace(entries: readonly KeyEntry[]): Principal[] {
    const before = this.#keys;
    this.#keys = new Map(
      entries.map((entry) => {
        const old = before.get(entry.id);
        return [entry.id, old && isSame(old.entry, entry) ? old : keyOf(entry)];
      }),
    );
    return [...before.values()].map(({ principal }) => principal).filter((one) => !this.isCurrent(one));
  }

  /** Whether it is one of a key here, as that is now. */
  isCurrent(principal: Principal): boolean {
    const key = this.#keys.get(principal.id);
    return key?.principal === principal && this.#endOf(key) === undefined;
  }

  /** The principal of a key as it is now; undefined when there is none that may be used. */
  find(id: string): Principal | undefined {
    const key = this.#keys.get(id);
    return key && this.#endOf(key) === undefined ? key.principal : undefined;
  }

  /** @throws ServiceError UNAUTHENTICATED. What is wrong with a key is told to who holds its secret only. */
  identify(text: string): Principal {
    const shown = parseKey(text);
    if (!shown)
      throw unauthenticated("This is no whole key: one has the form mw_ID_SECRET, as it was shown when it was made.");
    const key = this.#keys.get(shown.id);
    const isRight = timingSafeEqual(digestOf(shown.secret), key?.digest ?? nobody);
    if (!key || !isRight) throw unauthenticated("This key is not known here; check it, or ask for another.");
    const end = this.#endOf(key);
    if (end !== undefined) throw unauthenticated(`This key ${end}; ask for a new one.`);
    return key.principal;
  }

  #endOf({ entry: { revokedAt, expiresAt } }: ApiKey): "was revoked" | "has expired" | undefined {
    if (revokedAt !== undefined) return "was revoked";
    return expiresAt !== undefined && expiresAt <= this.#now() ? "has expired" : undefined;
  }
}

function keyOf(entry: KeyEntry): ApiKey {
  const { id, tenant, scopes, limits = {}, tenantLimits, expiresAt, sha256 } = entry;
  const ofTenant = tenantLimits ? { tenantLimits } : {};
  const principal = { id, tenant, scopes: new Set(scopes), limits, ...ofTenant, expiresAt };
  return { entry, digest: Buffer.from(sha256, "hex"), principal };
}

/** Entries are read by one form, which has their fields in one order. */
const isSame = (one: KeyEntry, other: KeyEntry) => JSON.stringify(one) === JSON.stringify(other);
