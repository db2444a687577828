import { expect, it } from "vitest";
import { anyone, type PrincipalLimits } from "../../runtime/callers/principal.js";
import { takeQuota } from "../../runtime/callers/quota.js";
import { Code, type ServiceError } from "../../runtime/errors.js";
import type { Limit } from "../../runtime/limits/limit-hits.js";
import { principalOf } from "../../runtime/testing/fake-access.js";
import { Quotas } from "./quotas.js";

const hour = 3_600_000;

function create() {
  const clock = { ms: Date.UTC(2030, 0, 1) };
  const hits: Limit[] = [];
  const metrics = { limitHit: (limit: Limit) => void hits.push(limit) };
  return { clock, hits, quotas: new Quotas({ keptMs: 24 * hour, metrics, now: () => clock.ms }) };
}

const one = (id: string, limits: PrincipalLimits, tenantLimits?: PrincipalLimits, tenant = "acme") => ({
  ...principalOf(tenant),
  id,
  limits,
  ...(tenantLimits ? { tenantLimits } : {}),
});

it("Q1: holds a principal to its own limits, and a tenant's principals together to the tenant's", () => {
  const { quotas, hits } = create();
  const tenant = { clicksPerMinute: 5 };
  const [a, b] = [one("a", { clicksPerMinute: 3 }, tenant), one("b", {}, tenant)];
  const click = (who: typeof a) => quotas.tryTake(who, "clicksPerMinute", 1);
  expect([click(a), click(a), click(a), click(a)]).toEqual([0, 0, 0, 60_000]);
  expect([click(b), click(b), click(b)]).toEqual([0, 0, 60_000]);
  // The same id at another tenant is another.
  expect(click(one("a", { clicksPerMinute: 3 }, undefined, "other"))).toBe(0);
  expect(hits).toEqual(["quota_clicks", "quota_clicks"]);
});

it("Q1: takes nothing from one where the other refuses", async () => {
  const { quotas } = create();
  const a = one("a", { clicksPerMinute: 10 }, { clicksPerMinute: 1 });
  quotas.tryTake(a, "clicksPerMinute", 1);
  expect(quotas.tryTake(a, "clicksPerMinute", 1)).toBeGreaterThan(0);
  expect((await quotas.usageOf(a)).map(({ used }) => used)).toEqual([1, 1]);
});

it("Q1: asks nothing of who has no limits", () => {
  const { quotas } = create();
  for (let count = 0; count < 1000; count++) expect(quotas.tryTake(anyone, "requestsPerSecond", 1)).toBe(0);
  expect(quotas.holdSession(anyone)).toBeTypeOf("function");
});

it("Q3: says in one sentence which limit it is, and the time after which the same passes", () => {
  const { quotas, clock } = create();
  const a = one("a", { encodesPerHour: 1 });
  takeQuota(quotas, a, "encodesPerHour", 1);
  clock.ms += 60_000;
  let refused: ServiceError | undefined;
  try {
    takeQuota(quotas, a, "encodesPerHour", 1);
  } catch (error) {
    refused = error as ServiceError;
  }
  expect(refused).toMatchObject({
    code: Code.RESOURCE_EXHAUSTED,
    retryAfterMs: 59 * 60_000,
    message: "You have used up your limit of encoded pictures an hour (encodesPerHour); try again in 3540 s.",
  });
  clock.ms += 59 * 60_000 - 1;
  expect(quotas.tryTake(a, "encodesPerHour", 1)).toBe(1);
  clock.ms += 1;
  expect(quotas.tryTake(a, "encodesPerHour", 1)).toBe(0);
});

it("Q2: holds sessions while they are open", () => {
  const { quotas, hits } = create();
  const a = one("a", { sessions: 2 });
  const [first, second] = [quotas.holdSession(a), quotas.holdSession(a)];
  expect(quotas.holdSession(a)).toBeUndefined();
  expect(hits).toEqual(["quota_sessions"]);
  first?.();
  first?.();
  expect(quotas.holdSession(a)).toBeDefined();
  expect(quotas.holdSession(a)).toBeUndefined();
  second?.();
});

it("Q4: tells how much of each limit is used, for whom, and when it is there again", async () => {
  const { quotas, clock } = create();
  const a = one("a", { requestsPerSecond: 5, sessions: 1 }, { storedBytes: 1000 });
  takeQuota(quotas, a, "requestsPerSecond", 1);
  takeQuota(quotas, a, "storedBytes", 300).correct(-100);
  quotas.holdSession(a);
  clock.ms += 1000;
  expect(await quotas.usageOf(a)).toEqual([
    {
      name: "requestsPerSecond",
      of: "principal",
      window: 10,
      used: 1,
      limit: 50,
      resetsAt: "2030-01-01T00:00:10.000Z",
    },
    { name: "sessions", of: "principal", window: null, used: 1, limit: 1, resetsAt: null },
    { name: "storedBytes", of: "tenant", window: 86_400, used: 200, limit: 1000, resetsAt: "2030-01-02T00:00:00.000Z" },
  ]);
  clock.ms += 10_000;
  expect((await quotas.usageOf(a))[0]).toMatchObject({ used: 0, resetsAt: null });
  const all = await quotas.usageOfTenant("acme");
  expect(all.map(({ principal }) => principal)).toEqual(expect.arrayContaining(["a", undefined]));
  expect(await quotas.usageOfTenant("other")).toEqual([]);
});

it("Q1: takes other limits that a key is given as they come", () => {
  const { quotas } = create();
  quotas.tryTake(one("a", { clicksPerMinute: 1 }), "clicksPerMinute", 1);
  expect(quotas.tryTake(one("a", { clicksPerMinute: 1 }), "clicksPerMinute", 1)).toBeGreaterThan(0);
  expect(quotas.tryTake(one("a", { clicksPerMinute: 2 }), "clicksPerMinute", 1)).toBe(0);
});
