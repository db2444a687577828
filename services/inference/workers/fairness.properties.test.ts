import fc from "fast-check";
import { expect, it } from "vitest";
import { Lanes } from "./lanes.js";

interface Job {
  tenant: string;
  caller: string;
  cost: number;
  urgent: boolean;
}

const job: fc.Arbitrary<Job> = fc.record({
  tenant: fc.constantFrom("a", "b", "c", "d"),
  caller: fc.constantFrom("x", "y", "z"),
  cost: fc.integer({ min: 1, max: 32 }).map((quarters) => quarters / 4),
  urgent: fc.boolean(),
});
/** A job that comes, or a worker that takes one. */
const happenings = fc.array(fc.option(job, { freq: 2 }), { maxLength: 120 });

const lanesOf = (patience?: number) =>
  new Lanes<Job>({
    patience,
    tenantOf: ({ tenant }) => tenant,
    callerOf: ({ tenant, caller }) => `${tenant}.${caller}`,
    costOf: ({ cost }) => cost,
  });

/** Plays it, and tells `look` of each job that was taken and of what waited before that. */
function play(events: readonly (Job | null)[], look: (taken: Job, waited: Job[]) => void, patience?: number): void {
  const lanes = lanesOf(patience);
  const waiting = new Set<Job>();
  const take = () => {
    const waited = [...waiting];
    const taken = lanes.take();
    expect(taken === undefined).toBe(waited.length === 0);
    if (!taken) return;
    expect(waiting.delete(taken)).toBe(true);
    look(taken, waited);
  };
  for (const event of events) {
    if (event === null) take();
    else {
      const one = { ...event };
      waiting.add(one);
      lanes.add(one, one.urgent);
    }
  }
  while (waiting.size > 0) take();
  expect(lanes.length).toBe(0);
}

it("A4 a free worker always gets a job while one waits, and each job is taken once", () => {
  fc.assert(fc.property(happenings, (events) => play(events, () => {})));
});

it("A4 the urgent go before the others, whatever those cost and whosever they are", () => {
  const look = (taken: Job, waited: Job[]) => expect(taken.urgent || waited.every(({ urgent }) => !urgent)).toBe(true);
  fc.assert(fc.property(happenings, (events) => play(events, look)));
});

it("A4 no tenant waits while the others get more than its own job's cost and one of theirs each", () => {
  const look = () => {
    /** Since a tenant's last job, while it waited: what each of the others was given. */
    const given = new Map<string, Map<string, number>>();
    return (taken: Job, waited: Job[]) => {
      given.delete(taken.tenant);
      const dearest = Math.max(...waited.map(({ cost }) => cost));
      expect(dearest).toBeLessThanOrEqual(8);
      for (const tenant of new Set(waited.map((one) => one.tenant))) {
        if (tenant === taken.tenant) continue;
        const others = given.get(tenant) ?? new Map<string, number>();
        given.set(tenant, others);
        const sum = (others.get(taken.tenant) ?? 0) + taken.cost;
        others.set(taken.tenant, sum);
        // Its job costs at most 8: so many rounds, one more that had begun, and what the other had saved for its dearest.
        expect(sum).toBeLessThanOrEqual(8 + 1 + 8);
      }
    };
  };
  const others = happenings.map((events) => events.map((event) => event && { ...event, urgent: false }));
  fc.assert(fc.property(others, (events) => play(events, look())));
});

it("A4 tenants that always have work get the same cost, to within their dearest job, whatever the sizes", () => {
  const sizes = fc.tuple(
    fc.integer({ min: 1, max: 16 }),
    fc.integer({ min: 1, max: 16 }),
    fc.integer({ min: 1, max: 16 }),
  );
  fc.assert(
    fc.property(sizes, (costs) => {
      const lanes = lanesOf();
      const tenants = ["a", "b", "c"];
      const given = tenants.map(() => 0);
      const add = (at: number) =>
        lanes.add({ tenant: tenants[at] ?? "", caller: "x", cost: costs[at] ?? 1, urgent: true }, true);
      // Each keeps two in line, as a bulk job does.
      for (const at of [0, 1, 2, 0, 1, 2]) add(at);
      for (let count = 0; count < 500; count++) {
        const at = tenants.indexOf(lanes.take()?.tenant ?? "");
        given[at] = (given[at] ?? 0) + (costs[at] ?? 0);
        add(at);
      }
      expect(Math.max(...given) - Math.min(...given)).toBeLessThanOrEqual(Math.max(...costs) + 1);
    }),
  );
});
