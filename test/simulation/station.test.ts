import { describe, expect, it } from "vitest";
import { Clock } from "./clock.js";
import { meanWaitMany, meanWaitSingle, shareWaiting } from "./closed-forms.js";
import { Random } from "./random.js";
import { type Job, Station } from "./station.js";

interface Queue {
  use: number;
  servers: number;
  service: "exponential" | "fixed";
}

const serviceMs = 10;
const jobs = 400_000;

/** Poisson arrivals at a station. @returns what its jobs saw. */
function observe({ use, servers, service }: Queue, seed: number) {
  const clock = new Clock();
  const station = new Station(clock, { servers });
  const arrivals = new Random(seed, 0);
  const services = new Random(seed, 1);
  const gapMs = serviceMs / (use * servers);
  let waitMs = 0;
  let waited = 0;
  let done = 0;
  let left = jobs;
  const arrive = () => {
    const atMs = clock.nowMs;
    station.offer({
      urgent: true,
      serviceMs: () => {
        waitMs += clock.nowMs - atMs;
        if (clock.nowMs > atMs) waited++;
        return service === "fixed" ? serviceMs : services.exponential(serviceMs);
      },
      onDone: () => {
        done++;
      },
    });
    if (--left > 0) clock.after(arrivals.exponential(gapMs), arrive);
  };
  clock.after(0, arrive);
  clock.runUntil(jobs * gapMs * 2);
  return {
    done,
    meanWaitMs: waitMs / jobs,
    waitedShare: waited / jobs,
    use: station.busyMs / (jobs * gapMs * servers),
  };
}

/** Both sides within so much of each other. */
const close = (value: number, expected: number, share: number) =>
  expect(Math.abs(value / expected - 1), `${value} for ${expected}`).toBeLessThan(share);

describe("a station under Poisson arrivals", () => {
  it.each([0.3, 0.6, 0.8])("waits as M/M/1 says at a use of %d", (use) => {
    const seen = observe({ use, servers: 1, service: "exponential" }, 1);
    close(seen.meanWaitMs, meanWaitSingle(use / serviceMs, serviceMs, 1), 0.05);
    close(seen.waitedShare, use, 0.02);
    close(seen.use, use, 0.02);
    expect(seen.done).toBe(jobs);
  });

  it.each([0.3, 0.6, 0.8])("waits as M/D/1 says at a use of %d", (use) => {
    const seen = observe({ use, servers: 1, service: "fixed" }, 2);
    close(seen.meanWaitMs, meanWaitSingle(use / serviceMs, serviceMs, 0), 0.05);
  });

  it.each([
    [2, 0.7],
    [4, 0.8],
    [16, 0.75],
  ])("waits as M/M/%d says at a use of %d", (servers, use) => {
    const rate = (use * servers) / serviceMs;
    const seen = observe({ use, servers, service: "exponential" }, 3);
    close(seen.meanWaitMs, meanWaitMany(rate, serviceMs, servers), 0.06);
    close(seen.waitedShare, shareWaiting(rate, serviceMs, servers), 0.05);
  });
});

describe("the closed forms", () => {
  it("agree where two of them speak of the same queue", () => {
    expect(meanWaitMany(0.05, 10, 1)).toBeCloseTo(meanWaitSingle(0.05, 10, 1), 10);
    expect(shareWaiting(0.05, 10, 1)).toBeCloseTo(0.5, 10);
    // Erlang's own table: two servers, one erlang.
    expect(shareWaiting(0.1, 10, 2)).toBeCloseTo(1 / 3, 10);
  });
});

describe("a station's queue", () => {
  const run = (maxQueue: number, offered: ("urgent" | "other")[]) => {
    const clock = new Clock();
    const station = new Station(clock, { servers: 1, maxQueue });
    const order: number[] = [];
    const taken = offered.map((kind, index) =>
      station.offer({ urgent: kind === "urgent", serviceMs: () => 1, onDone: () => order.push(index) }),
    );
    clock.runUntil(100);
    return { order, taken };
  };

  it("refuses one more than may wait", () => {
    expect(run(1, ["urgent", "urgent", "urgent"]).taken).toEqual([true, true, false]);
  });

  it("serves urgent jobs first, each kind in its order, and breaks off none", () => {
    expect(run(9, ["other", "other", "urgent", "other", "urgent"]).order).toEqual([0, 2, 4, 1, 3]);
  });

  it("lets go of a job that waits and is not urgent, and of no other", () => {
    const clock = new Clock();
    const station = new Station(clock, { servers: 1 });
    const order: string[] = [];
    const [running, waiting, urgent, last] = ["running", "waiting", "urgent", "last"].map((name) => {
      const job = { urgent: name === "urgent", serviceMs: () => 1, onDone: () => order.push(name) };
      station.offer(job);
      return job;
    });
    const withdrawn = [running, waiting, waiting, urgent].map((job) => station.withdraw(job as Job));
    expect(withdrawn).toEqual([false, true, false, false]);
    clock.runUntil(100);
    expect(order).toEqual(["running", "urgent", "last"]);
    expect(station.withdraw(last as Job)).toBe(false);
  });

  it("gives a job to the free server that it prefers", () => {
    const clock = new Clock();
    const station = new Station(clock, { servers: 3 });
    const servers: number[] = [];
    const offer = (preferred: number) =>
      station.offer({
        urgent: true,
        prefers: (server) => server === preferred,
        serviceMs: (server) => {
          servers.push(server);
          return 1;
        },
        onDone: () => {},
      });
    for (const preferred of [2, 2, 1]) offer(preferred);
    expect(servers).toEqual([2, 0, 1]);
  });
});

describe("a clock", () => {
  it("runs what was planned for one moment in the order of planning, and nothing beyond the end", () => {
    const clock = new Clock();
    const seen: string[] = [];
    clock.after(5, () => seen.push("b"));
    clock.after(3, () => {
      seen.push("a");
      clock.after(2, () => seen.push("c"));
    });
    clock.after(6, () => seen.push("late"));
    clock.runUntil(5);
    expect([seen, clock.nowMs]).toEqual([["a", "b", "c"], 5]);
  });
});
