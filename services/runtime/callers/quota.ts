import { overloaded, type ServiceError } from "../errors.js";
import type { Principal, PrincipalLimits } from "./principal.js";

/** A limit of principals and tenants, by its name in the file of keys. */
export type QuotaName = keyof PrincipalLimits;

/** How much of a limit is used. What all of a tenant's together may take is counted beside what one principal may. */
export interface QuotaUsage {
  readonly name: QuotaName;
  readonly of: "principal" | "tenant";
  /** Seconds for which it is counted; null where it is held, not used up. */
  readonly window: number | null;
  /** In its own unit, in this window. */
  readonly used: number;
  /** Of a window, which is longer than the second of a limit a second. */
  readonly limit: number;
  /** When all of it is there again, in ISO 8601; null where nothing is used, or it is held. */
  readonly resetsAt: string | null;
}

export interface PrincipalUsage {
  /** Undefined for what all of the tenant's together may take. */
  readonly principal: string | undefined;
  readonly limits: QuotaUsage[];
}

/** Counts what principals and tenants take. One for all doors of a process. */
export interface Quota {
  /** Takes so much, or nothing. @returns 0, or the milliseconds after which the same would be let through if nobody else came. */
  tryTake(principal: Principal, name: QuotaName, amount: number): number;
  /** What was taken was in truth more by so much, or less where it is negative. */
  correct(principal: Principal, name: QuotaName, amount: number): void;
  /** Holds one session. @returns gives it back, safe to call twice; undefined when there are too many. */
  holdSession(principal: Principal): (() => void) | undefined;
  /** What a principal, and its tenant, may take and have taken. */
  usageOf(principal: Principal): Promise<QuotaUsage[]>;
  /** The same for a tenant and all of its principals that this process has seen. */
  usageOfTenant(tenant: string): Promise<PrincipalUsage[]>;
}

/** Where nobody's use is limited. */
export const noQuota: Quota = {
  tryTake: () => 0,
  correct: () => {},
  holdSession: () => () => {},
  usageOf: async () => [],
  usageOfTenant: async () => [],
};

/** What has been taken of a limit, to be put right once the truth is known. */
export interface Taken {
  /** It was in truth more by so much, or less where it is negative. */
  correct(amount: number): void;
}

/** @throws ServiceError RESOURCE_EXHAUSTED that names the limit and says when the same would be let through. */
export function takeQuota(quota: Quota, principal: Principal, name: QuotaName, amount: number): Taken {
  const waitMs = quota.tryTake(principal, name, amount);
  if (waitMs > 0) throw quotaUsedUp(name, waitMs);
  return { correct: (more) => quota.correct(principal, name, more) };
}

const units: Readonly<Record<QuotaName, string>> = {
  requestsPerSecond: "requests a second",
  framesPerSecond: "frames a second",
  bytesPerSecond: "uploaded bytes a second",
  clicksPerMinute: "clicks a minute",
  encodesPerHour: "encoded pictures an hour",
  everythingPointsPerHour: "points of everything mode an hour",
  sessions: "open sessions",
  storedBytes: "stored bytes",
};

export function quotaUsedUp(name: QuotaName, waitMs: number): ServiceError {
  const when = waitMs < 1000 ? `${waitMs} ms` : `${Math.ceil(waitMs / 1000)} s`;
  return overloaded(`You have used up your limit of ${units[name]} (${name}); try again in ${when}.`, waitMs);
}
