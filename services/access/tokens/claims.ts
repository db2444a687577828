import type { JWTPayload } from "jose";
import { type Scope, scopes } from "../../runtime/callers/principal.js";

/** Claims by which some providers name what is theirs have an address with dots: the whole name goes before the path. */
export function claimAt(payload: JWTPayload, path: string): unknown {
  if (Object.hasOwn(payload, path)) return payload[path];
  return path.split(".").reduce<unknown>((value, name) => {
    return typeof value === "object" && value !== null && Object.hasOwn(value, name)
      ? (value as Record<string, unknown>)[name]
      : undefined;
  }, payload);
}

const prefix = "maskwire:";
/** Words that other services of the same provider may have for something else need the prefix, and gateways have no tokens. */
const byPrefixOnly: readonly Scope[] = ["admin"];
const never: readonly Scope[] = ["peer"];

/** @param claim words with spaces between, or a list of them. @returns those that are scopes here. */
export function scopesIn(claim: unknown): Scope[] {
  const words = typeof claim === "string" ? claim.split(" ") : Array.isArray(claim) ? claim : [];
  return scopes.filter((scope) => {
    if (never.includes(scope)) return false;
    return words.includes(`${prefix}${scope}`) || (words.includes(scope) && !byPrefixOnly.includes(scope));
  });
}
