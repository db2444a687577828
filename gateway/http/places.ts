import type { FastifyReply, FastifyRequest } from "fastify";
import { overloaded } from "../../services/runtime/errors.js";
import type { Metrics } from "../../services/runtime/host-metrics.js";
import type { Limit } from "../../services/runtime/limits/limit-hits.js";
import { holderOf, Shares } from "../../services/runtime/limits/shares.js";
import { callerOf } from "./observe-requests.js";

interface PlacesOptions {
  count: number;
  /** In metrics: that no place is left, and that a caller has used up its part. */
  limits: { full: Limit; share: Limit };
  /** What a person is told when no place is left. */
  refusal: string;
  retryAfterMs: number;
  metrics: Pick<Metrics, "limitHit">;
}

/** Places of a route for answers under way, which callers share (A3). */
export class Places {
  readonly #options: PlacesOptions;
  readonly #shares: Shares;

  constructor(options: PlacesOptions) {
    this.#options = options;
    this.#shares = new Shares(options.count);
  }

  /**
   * Takes one until the last byte of the answer has been handed over, or the caller is gone.
   * @throws ServiceError RESOURCE_EXHAUSTED when there is none for this caller.
   */
  enter(request: FastifyRequest, reply: FastifyReply): void {
    const { limits, refusal, retryAfterMs, metrics } = this.#options;
    const who = holderOf({ caller: callerOf(request)?.key, tenant: callerOf(request)?.tenant });
    const lacking = this.#shares.refusal(who);
    if (lacking) {
      metrics.limitHit(limits[lacking]);
      throw overloaded(lacking === "full" ? refusal : "You have too many of these under way; try again.", retryAfterMs);
    }
    reply.raw.once("close", this.#shares.take(who));
  }
}
