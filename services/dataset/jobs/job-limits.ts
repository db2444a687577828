import type { Principal } from "../../runtime/callers/principal.js";
import { type Quota, type Taken, takeQuota } from "../../runtime/callers/quota.js";
import { ServiceError } from "../../runtime/errors.js";
import type { Job } from "./job.js";

/** A limit of whoever started the job is used up: nothing is wrong with the item, and the others of the job fare no better. */
export class LimitMetError extends ServiceError {
  /** Milliseconds after which the same would be let through. */
  readonly waitMs: number;

  constructor({ code, message }: ServiceError, waitMs: number) {
    super({ code, message, retryAfterMs: waitMs });
    this.waitMs = waitMs;
  }
}

/** Counts an encode of a job against the limits of whoever started it (Q1). @throws LimitMetError when there is none left. */
export function takeEncodeFor(
  { tenant, person, limits }: Pick<Job, "tenant" | "person" | "limits">,
  quota: Quota,
): Taken {
  const principal: Principal = { id: person, tenant, scopes: new Set(), ...limits };
  try {
    return takeQuota(quota, principal, "encodesPerHour", 1);
  } catch (error) {
    if (error instanceof ServiceError && error.retryAfterMs !== undefined)
      throw new LimitMetError(error, error.retryAfterMs);
    throw error;
  }
}
