import type { FastifyInstance } from "fastify";
import { overloaded } from "../../services/runtime/errors.js";
import type { Metrics } from "../../services/runtime/host-metrics.js";
import { replyError } from "../../services/runtime/http/reply-error.js";
import type { CallerRates } from "../callers/caller-rates.js";
import { callerOf } from "./observe-requests.js";

/** What a caller is told who asks faster than its rate allows (H20), a WebSocket's opening among it. */
export const tooManyRequests = (waitMs: number) =>
  overloaded("You are asking too much in a short time; slow down.", waitMs);

/** Holds every request that is observed, whatever it asks for, against its caller's rate (H20). */
export function limitRequests(http: FastifyInstance, rates: CallerRates, metrics: Pick<Metrics, "limitHit">): void {
  http.addHook("onRequest", (request, reply, done) => {
    const caller = callerOf(request);
    const waitMs = caller ? rates.of(caller.key).take() : 0;
    if (waitMs === 0) return done();
    metrics.limitHit("requests_rate");
    replyError(reply, tooManyRequests(waitMs));
  });
}
