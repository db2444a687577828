import { LRUCache } from "lru-cache";
import type { AuditEvent } from "./audit.js";

/** What may come a thousand times a second says no more by that than that it did. */
const folded = new Set<AuditEvent["action"]>(["key-use", "denied", "limited"]);
const foldMs = 60_000;
/** Who is forgotten for others is told of again. */
const mostKept = 10_000;

/** Lets the first of like events through in each minute, and counts those that were not told since. */
export class FoldedEvents {
  readonly #kept = new LRUCache<string, { until: number; untold: number }>({ max: mostKept });

  /** @param now milliseconds. @returns how many like it were not told before this one; undefined when this one is not, either. */
  take(event: AuditEvent, now: number): number | undefined {
    if (!folded.has(event.action)) return 0;
    const { action, code, tenant, principal, object, address, certificate } = event;
    // Who is known is the same wherever they are refused; that a key is used from elsewhere is news.
    const isNamed = principal !== undefined && action !== "key-use";
    const who = isNamed ? [tenant, principal] : [tenant, principal, certificate, address];
    const key = JSON.stringify([action, code, object, ...who]);
    const kept = this.#kept.get(key);
    if (kept && now < kept.until) {
      kept.untold += 1;
      return undefined;
    }
    this.#kept.set(key, { until: now + foldMs, untold: 0 });
    return kept?.untold ?? 0;
  }
}
