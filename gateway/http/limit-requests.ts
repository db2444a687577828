import { type Quota, quotaUsedUp } from "../../services/runtime/callers/quota.js";
import { overloaded, type ServiceError } from "../../services/runtime/errors.js";
import type { Host } from "../../services/runtime/host.js";
import type { Metrics } from "../../services/runtime/host-metrics.js";
import { replyError } from "../../services/runtime/http/reply-error.js";
import type { CallerRates } from "../../services/runtime/limits/caller-rates.js";
import type { Visitor } from "../callers/visitor.js";
import { visitorOf } from "./observe-requests.js";

/** What a caller is told who asks faster than its rate allows (H20), a WebSocket's opening among it. */
export const tooManyRequests = (waitMs: number) =>
  overloaded("You are asking too much in a short time; slow down.", waitMs);

interface RequestLimits {
  rates: CallerRates;
  quota: Pick<Quota, "tryTake">;
  metrics: Pick<Metrics, "limitHit">;
}

/** What a deletion counts for: every server is told of it, and all keys of the cache are looked at. */
const deletionCost = 10;

/**
 * Why a visitor may not ask now: faster than its caller's rate (H20), or than its principal's limit (Q1).
 * @param cost for how many requests it counts against the caller's rate.
 */
export function requestRefusal(
  { caller, principal }: Visitor,
  { rates, quota, metrics }: RequestLimits,
  cost = 1,
): ServiceError | undefined {
  const waitMs = rates.of(caller.key).take(cost);
  if (waitMs > 0) {
    metrics.limitHit("requests_rate");
    return tooManyRequests(waitMs);
  }
  const quotaMs = quota.tryTake(principal, "requestsPerSecond", 1);
  return quotaMs > 0 ? quotaUsedUp("requestsPerSecond", quotaMs) : undefined;
}

/** Holds every request that is observed, whatever it asks for, against what its visitor may. */
export function limitRequests({ http, owed }: Pick<Host, "http" | "owed">, limits: RequestLimits): void {
  http.addHook("onRequest", (request, reply, done) => {
    const visitor = visitorOf(request);
    const refusal = visitor && requestRefusal(visitor, limits, request.method === "DELETE" ? deletionCost : 1);
    if (!refusal) return done();
    // Who sends ahead would have each of those behind refused as well.
    if (owed.count(request.raw.socket) > 1) reply.header("connection", "close");
    replyError(reply, refusal);
  });
}
