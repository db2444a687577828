import { getEventListeners } from "node:events";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Code } from "../../runtime/errors.js";
import type { TestAnswer, TestTask, TestWorkerData } from "../testing/test-worker.js";
import { type PoolOptions, WorkerPool } from "./worker-pool.js";

type Pool = WorkerPool<TestTask, TestAnswer, string>;

const hour = 3_600_000;
const pools: Pool[] = [];
const gates: Int32Array[] = [];
const shared = () => new Int32Array(new SharedArrayBuffer(4));

type TestOptions = Partial<PoolOptions> & { failFrom?: number; taskMs?: number; seats?: number };

async function startPool(options: TestOptions = {}): Promise<Pool> {
  const { failFrom = 1000, taskMs, seats, ...rest } = options;
  const begun = shared();
  const pool = await WorkerPool.start<TestTask, TestAnswer, string>({
    entry: new URL("../testing/test-worker.js", import.meta.url),
    data: (): TestWorkerData => ({ begun, failFrom, taskMs, seats }),
    size: 1,
    maxQueue: 3,
    hungMs: hour,
    what: "tests",
    ...rest,
  });
  pools.push(pool);
  return pool;
}

function shutGate(): { gate: Int32Array; open: () => void } {
  const gate = shared();
  gates.push(gate);
  return { gate, open: () => open(gate) };
}

function open(gate: Int32Array): void {
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
}

/** A worker that is held until `open`; `started` says that it runs. */
function hold(pool: Pool, key?: string) {
  const { gate, open } = shutGate();
  let begin = () => {};
  const started = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const done = pool.run({ kind: "wait", gate, value: "held" }, { onStart: () => begin(), ...(key ? { key } : {}) });
  // Tests that close the pool leave it rejected.
  done.catch(() => {});
  return { open, started, done };
}

const echo = (value: string): TestTask => ({ kind: "echo", value });

afterEach(async () => {
  for (const gate of gates.splice(0)) open(gate);
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

describe("tasks", () => {
  it("answers with the worker's result and says that it ran alone", async () => {
    const pool = await startPool();
    expect(await pool.run(echo("a"))).toEqual({ value: "a", worker: 1, alone: true });
    expect(pool.details).toEqual([{ worker: 1 }]);
    expect(pool.taskMs).toBeGreaterThan(0);
  });

  it("tells every worker what it is told, be it busy", async () => {
    const pool = await startPool({ size: 2 });
    const held = hold(pool);
    await held.started;
    pool.tell("news");
    expect((await pool.run({ kind: "heard" })).value).toBe("news");
    const next = hold(pool);
    await next.started;
    held.open();
    const { worker } = await held.done;
    expect(await pool.run({ kind: "heard" })).toMatchObject({ value: "news", worker });
    next.open();
    await next.done;
  });

  it("tells what can be used before a task is done, whose time counts from then on", async () => {
    const pool = await startPool();
    const parts: string[] = [];
    const begunAt = performance.now();
    const options = { kind: "slow", onPart: (part: string) => parts.push(part) };
    const { value } = await pool.run({ kind: "part", firstMs: 50, value: "half" }, options);
    expect([...parts, value]).toEqual(["half", "whole"]);
    // A timer may be a little early.
    expect(pool.taskMsOf("slow")).toBeLessThanOrEqual(performance.now() - begunAt - 49);
    expect(pool.taskMsOf("never run")).toBe(pool.taskMs);
  });

  it("passes on errors that are meant for the peer and keeps others inside", async () => {
    const pool = await startPool();
    await expect(pool.run({ kind: "refuse" })).rejects.toMatchObject({
      name: "ServiceError",
      code: Code.INVALID_ARGUMENT,
      message: "Not this.",
      reason: "DAMAGED_IMAGE",
    });
    const internal = await pool.run({ kind: "throw" }).catch((error: Error) => error);
    expect(internal).toBeInstanceOf(Error);
    expect(internal).not.toHaveProperty("code");
    expect((internal as Error).stack).toContain("a bug");
    expect(await pool.run(echo("still here"))).toMatchObject({ value: "still here" });
  });

  it("rejects a task that cannot be copied to the worker, and keeps the worker", async () => {
    const pool = await startPool();
    const uncopyable = { kind: "echo", value: () => {} } as unknown as TestTask;
    await expect(pool.run(uncopyable)).rejects.toThrow(/could not be cloned/);
    expect(await pool.run(echo("next"))).toMatchObject({ value: "next" });
  });
});

describe("a worker with several seats", () => {
  it("has as many tasks at once, ends one that nobody wants any more, and then takes the next", async () => {
    const pool = await startPool({ seats: 2 });
    const leaving = [new AbortController(), new AbortController()];
    const ended: string[] = [];
    const begun: string[] = [];
    const run = (value: string, signal?: AbortSignal) =>
      pool
        .run({ kind: "until-left", value }, { onStart: () => begun.push(value), ...(signal ? { signal } : {}) })
        .then((answer) => ended.push(answer.value));
    const tasks = [run("a", leaving[0]?.signal), run("b", leaving[1]?.signal), run("c").catch(() => {})];
    expect([begun, pool.waiting, pool.isFree]).toEqual([["a", "b"], 1, false]);
    leaving[1]?.abort();
    await tasks[1];
    expect([begun, ended]).toEqual([["a", "b", "c"], ["b"]]);
    leaving[0]?.abort();
    await tasks[0];
    expect(pool.isFree).toBe(true);
  });

  it("gives all of them up when it is lost", async () => {
    const pool = await startPool({ seats: 2 });
    const waiting = pool.run({ kind: "until-left", value: "a" });
    await expect(pool.run({ kind: "exit" })).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    await expect(waiting).rejects.toMatchObject({ code: Code.UNAVAILABLE, reason: "WORKER_LOST" });
  });
});

describe("the queue", () => {
  it("refuses one more than may wait with a retry hint, and those before are unharmed", async () => {
    const pool = await startPool();
    const held = hold(pool);
    const waiting = ["a", "b", "c"].map((value) => pool.run(echo(value)));
    expect(pool.waiting).toBe(3);
    await expect(pool.run(echo("d"))).rejects.toMatchObject({
      code: Code.RESOURCE_EXHAUSTED,
      message: expect.stringContaining("tests"),
      retryAfterMs: expect.any(Number),
    });
    held.open();
    expect((await Promise.all(waiting)).map(({ value }) => value)).toEqual(["a", "b", "c"]);
  });

  it("A6 keeps the last free worker from who has all the others while there are several, and none from one who is alone", async () => {
    const pool = await startPool({ size: 2, maxQueue: 10 });
    const begun: string[] = [];
    const wait = (value: string, caller: string) => {
      const { gate, open } = shutGate();
      const done = pool.run({ kind: "wait", gate, value }, { urgent: true, caller, onStart: () => begun.push(value) });
      return { open, done };
    };
    const alone = [wait("a1", "a"), wait("a2", "a")];
    expect(begun).toEqual(["a1", "a2"]);
    const late = wait("b1", "b");
    const more = [wait("a3", "a"), wait("a4", "a")];
    alone[0]?.open();
    await alone[0]?.done;
    expect(begun).toEqual(["a1", "a2", "b1"]);
    late.open();
    await late.done;
    expect(begun).toEqual(["a1", "a2", "b1"]);
    expect(pool.waiting).toBe(2);
    const next = wait("b2", "b");
    expect(begun.at(-1)).toBe("b2");
    // Who has none of the workers may have the last.
    alone[1]?.open();
    await alone[1]?.done;
    expect(begun.at(-1)).toBe("a3");
    for (const one of [...more, next]) one.open();
    await Promise.all([...more, next].map(({ done }) => done));
    expect(begun.at(-1)).toBe("a4");
  });

  it("A4 is full for who has most in it, and not for others", async () => {
    let displaced = 0;
    const pool = await startPool({ onDisplaced: () => displaced++ });
    const held = hold(pool);
    const order: string[] = [];
    const run = (value: string, caller: string) =>
      pool.run(echo(value), { urgent: true, caller, onStart: () => order.push(value) });
    const greedy = [run("a1", "a"), run("a2", "a"), run("a3", "a").catch((error: unknown) => error)];
    const givesWay = (caller: string) => pool.givesWayTo({ urgent: true, caller });
    expect([givesWay("a"), givesWay("b")]).toEqual([false, true]);
    const newcomer = run("b1", "b");
    expect(await greedy[2]).toMatchObject({ code: Code.RESOURCE_EXHAUSTED, retryAfterMs: expect.any(Number) });
    await expect(run("a4", "a")).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED });
    await expect(run("b2", "b")).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED });
    held.open();
    await Promise.all([...greedy, newcomer]);
    expect([order, displaced]).toEqual([["a1", "b1", "a2"], 1]);
  });

  it("A4 leaves a worker free of bulk while people of another tenant are at work, and not for its own people", async () => {
    const pool = await startPool({ size: 2, maxQueue: 10 });
    const begun: string[] = [];
    const bulk = (name: string, tenant: string) => {
      const { gate, open } = shutGate();
      const options = { tenant, bulk: true, onStart: () => begun.push(name) };
      return { open, done: pool.run({ kind: "wait", gate, value: name }, options) };
    };
    await pool.run(echo("click"), { urgent: true, tenant: "people" });
    const [first, second] = [bulk("b1", "bulk"), bulk("b2", "bulk")];
    const own = bulk("p1", "people");
    expect(begun).toEqual(["b1", "p1"]);
    own.open();
    await own.done;
    // The free one is for people: it takes their clicks.
    expect(begun).toEqual(["b1", "p1"]);
    expect(await pool.run(echo("click"), { urgent: true, tenant: "people" })).toMatchObject({ value: "click" });
    first.open();
    await first.done;
    expect(begun).toEqual(["b1", "p1", "b2"]);
    second.open();
    await second.done;
  });

  it("A4 has bulk give way to people of another tenant, who have all cores beside it", async () => {
    const places: { isFirst: boolean; isYielding: boolean }[] = [];
    const begun = shared();
    const pool = await startPool({
      size: 2,
      yielding: 1,
      maxQueue: 10,
      data: (place) => {
        places.push(place);
        return { begun, failFrom: 1000 } satisfies TestWorkerData;
      },
    });
    expect(places).toEqual([
      { isFirst: true, isYielding: false },
      { isFirst: false, isYielding: false },
      { isFirst: false, isYielding: true },
    ]);
    const click = () => pool.run(echo("click"), { urgent: true, tenant: "people" });
    await click();
    const started: string[] = [];
    const bulk = (name: string) => {
      const { gate, open } = shutGate();
      const options = { tenant: "bulk", bulk: true, onStart: () => started.push(name) };
      return { open, done: pool.run({ kind: "wait", gate, value: name }, options) };
    };
    const [first, second] = [bulk("b1"), bulk("b2")];
    expect(started).toEqual(["b1"]);
    expect(await click()).toMatchObject({ alone: true });
    first.open();
    expect(await first.done).toMatchObject({ alone: false });
    expect(started).toEqual(["b1", "b2"]);
    second.open();
    await second.done;
  });

  it("A4 has the first click overtake what a video's frames take, which hold no worker of its own", async () => {
    const begun = shared();
    const data = () => ({ begun, failFrom: 1000 }) satisfies TestWorkerData;
    const pool = await startPool({ size: 1, yielding: 1, maxQueue: 10, data });
    const started: string[] = [];
    const frame = (name: string) => {
      const { gate, open } = shutGate();
      const options = { caller: "video", bulk: true, lasting: true, onStart: () => started.push(name) };
      return { open, done: pool.run({ kind: "wait", gate, value: name }, options) };
    };
    const frames = [frame("f1"), frame("f2"), frame("f3")];
    // Nobody has clicked yet.
    expect(started).toEqual(["f1"]);
    expect(await pool.run(echo("click"), { urgent: true, caller: "person" })).toMatchObject({ alone: true });
    expect(started).toEqual(["f1"]);
    for (const { open, done } of frames) {
      open();
      await done;
    }
    expect(started).toEqual(["f1", "f2", "f3"]);
  });

  it("A4 shares by what tasks cost", async () => {
    const pool = await startPool({ maxQueue: 20 });
    const held = hold(pool);
    const order: string[] = [];
    const run = (value: string, tenant: string, cost: number) =>
      pool.run(echo(value), { tenant, cost, onStart: () => order.push(value) });
    const dear = [run("a1", "a", 3), run("a2", "a", 3)];
    const cheap = ["b1", "b2", "b3", "b4"].map((value) => run(value, "b", 1));
    held.open();
    await Promise.all([...dear, ...cheap]);
    expect(order).toEqual(["b1", "b2", "a1", "b3", "b4", "a2"]);
  });

  it("tells a place in line that counts the turns of others", async () => {
    const pool = await startPool({ maxQueue: 10 });
    const held = hold(pool);
    const places: Record<string, number[]> = { a1: [], a2: [], b1: [] };
    const run = (value: string, caller: string) =>
      pool.run(echo(value), { caller, onPosition: (place) => places[value]?.push(place) });
    const all = [run("a1", "a"), run("a2", "a"), run("b1", "b")];
    expect(places).toEqual({ a1: [1], a2: [2, 3], b1: [2] });
    held.open();
    await Promise.all(all);
  });

  it("runs urgent tasks before the others, each kind in its order", async () => {
    const pool = await startPool({ maxQueue: 10 });
    const held = hold(pool);
    const order: string[] = [];
    const run = (value: string, urgent: boolean) => pool.run(echo(value), { urgent, onStart: () => order.push(value) });
    const all = [run("p1", false), run("c1", true), run("p2", false), run("c2", true)];
    held.open();
    await Promise.all(all);
    expect(order).toEqual(["c1", "c2", "p1", "p2"]);
  });

  it("tells each waiting task its place whenever that changes", async () => {
    const pool = await startPool();
    const held = hold(pool);
    const places: number[] = [];
    const first = pool.run(echo("a"));
    const second = pool.run(echo("b"), { onPosition: (place) => places.push(place) });
    held.open();
    await Promise.all([first, second]);
    expect(places).toEqual([2, 1]);
  });

  it("estimates the wait from what the worker says until a task has been done, and then from that", async () => {
    const pool = await startPool({ taskMs: hour });
    const held = hold(pool);
    await held.started;
    const waits: number[] = [];
    const tell = { onPosition: (_place: number, waitMs: number) => waits.push(waitMs) };
    const waiting = [pool.run(echo("a"), tell), pool.run(echo("b"), tell)];
    // The one that runs has just begun: what it has taken so far is off, and no more.
    const [first = 0, second = 0] = waits;
    expect(first).toBeLessThanOrEqual(hour);
    expect(first).toBeGreaterThan(hour / 2);
    expect(second).toBeLessThanOrEqual(2 * hour);
    expect(second).toBeGreaterThan(first);
    expect(pool.waitMs).toBeGreaterThan(second);
    held.open();
    await Promise.all(waiting);
    expect(pool.taskMs).toBeLessThan(hour / 2);
    expect(pool.waitMs).toBe(0);
  });

  it("never starts a task that was cancelled while it waited", async () => {
    const pool = await startPool();
    const held = hold(pool);
    const controller = new AbortController();
    let started = false;
    const cancelled = pool.run(echo("a"), { signal: controller.signal, onStart: () => (started = true) });
    const after = pool.run(echo("b"));
    controller.abort();
    await expect(cancelled).rejects.toMatchObject({ code: Code.CANCELLED });
    held.open();
    await after;
    expect(started).toBe(false);
    await expect(pool.run(echo("c"), { signal: controller.signal })).rejects.toMatchObject({ code: Code.CANCELLED });
  });

  it("sends a task to the worker that has its key warm, and to the other one while that is busy", async () => {
    const pool = await startPool({ size: 2 });
    // One is kept busy, so that nothing runs alone on the first worker.
    const busy = hold(pool);
    await busy.started;
    const a = await pool.run(echo("1"), { key: "a" });
    busy.open();
    const other = await busy.done;
    expect(other.worker).not.toBe(a.worker);
    const held = hold(pool, "b");
    await held.started;
    const warm = await pool.run(echo("2"), { key: "a" });
    held.open();
    expect((await held.done).worker).not.toBe(warm.worker);
  });

  it("prefers the worker that had the key last where several have it", async () => {
    const pool = await startPool({ size: 3 });
    const busy = hold(pool);
    await busy.started;
    const held = hold(pool, "a");
    await held.started;
    const last = await pool.run(echo("1"), { key: "a" });
    held.open();
    expect((await held.done).worker).not.toBe(last.worker);
    expect((await pool.run(echo("2"), { key: "a" })).worker).toBe(last.worker);
    busy.open();
    await busy.done;
  });

  it("is free while a task that came would be begun at once", async () => {
    const pool = await startPool({ size: 2 });
    const held = [hold(pool), hold(pool)] as const;
    expect(pool.isFree).toBe(false);
    const waiting = pool.run(echo("1"));
    held[0].open();
    await held[0].done;
    await waiting;
    expect(pool.isFree).toBe(true);
    held[1].open();
    await held[1].done;
  });

  it("goes to the first worker when it is alone, and where its key ran last when it is to stay there", async () => {
    const pool = await startPool({ size: 2 });
    const busy = hold(pool);
    await busy.started;
    const { worker } = await pool.run(echo("1"), { key: "a" });
    busy.open();
    await busy.done;
    expect(await pool.run(echo("2"), { key: "a", staysWithKey: true })).toMatchObject({ worker });
    expect((await pool.run(echo("3"), { key: "a" })).worker).not.toBe(worker);
  });
});

describe("lost workers", () => {
  it("fails the task of a worker that exits as UNAVAILABLE and puts another in its place", async () => {
    const lost: Error[] = [];
    const pool = await startPool({ onWorkerLost: (error) => lost.push(error) });
    const waiting = [pool.run({ kind: "exit" }), pool.run(echo("after"))] as const;
    await expect(waiting[0]).rejects.toMatchObject({ code: Code.UNAVAILABLE, retryAfterMs: expect.any(Number) });
    expect(await waiting[1]).toMatchObject({ value: "after", worker: 2 });
    expect(lost.map(({ message }) => message)).toEqual([expect.stringContaining("exit code 3")]);
    expect(pool.isServing).toBe(true);
  });

  it("refuses what waits when the last worker cannot be replaced, and tries again", async () => {
    let tries = 0;
    const triedTwice = new Promise<void>((resolve) => {
      // The loss itself, then each replacement that did not start.
      const onWorkerLost = () => ++tries === 3 && resolve();
      start = startPool({ failFrom: 2, onWorkerLost });
    });
    const pool = await start;
    const exit = pool.run({ kind: "exit" });
    const waiting = pool.run(echo("never"));
    await expect(exit).rejects.toMatchObject({ code: Code.UNAVAILABLE, reason: "WORKER_LOST" });
    await expect(waiting).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    expect(pool.isServing).toBe(false);
    await expect(pool.run(echo("at once"))).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    await triedTwice;
  });
  let start: Promise<Pool>;

  it("drains when the last task is lost with its worker", async () => {
    const pool = await startPool();
    const exit = pool.run({ kind: "exit" });
    const drained = pool.drain(new AbortController().signal);
    await expect(exit).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    await drained;
  });
});

describe("workers that hang", () => {
  /** A pool, and what it has told of its workers. */
  async function watchedPool(options: Partial<PoolOptions>) {
    const told: (string | boolean)[] = [];
    const heard: (() => void)[] = [];
    const tell = (what: string | boolean) => {
      told.push(what);
      for (const look of heard.splice(0)) look();
    };
    const pool = await startPool({
      hungMs: 400,
      onWorkerHung: () => tell("hangs"),
      onServing: () => tell(pool.isServing),
      ...options,
    });
    const count = async (most: number) => {
      while (told.length < most) await new Promise<void>((resolve) => heard.push(resolve));
      return told;
    };
    return { pool, count };
  }

  it("fails the task and what waits as UNAVAILABLE, takes nothing, and serves again when one answers", async () => {
    const { pool, count } = await watchedPool({});
    const held = hold(pool);
    const waiting = pool.run(echo("waits"));
    await expect(held.done).rejects.toMatchObject({ code: Code.UNAVAILABLE, reason: "WORKER_LOST" });
    // It was not the waiting task's doing.
    await expect(waiting).rejects.toMatchObject({ code: Code.UNAVAILABLE, reason: undefined });
    expect(await count(2)).toEqual(["hangs", false]);
    await expect(pool.run(echo("refused"))).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    await pool.drain(new AbortController().signal);
    held.open();
    expect(await count(3)).toEqual(["hangs", false, true]);
    expect(await pool.run(echo("after"))).toMatchObject({ value: "after", worker: 1 });
  });

  it("goes on with the others, and tells of each once", async () => {
    const { pool, count } = await watchedPool({ size: 2 });
    const first = hold(pool);
    await first.started;
    await expect(first.done).rejects.toMatchObject({ reason: "WORKER_LOST" });
    expect(pool.isServing).toBe(true);
    expect(await pool.run(echo("by the other"))).toMatchObject({ value: "by the other" });
    const second = hold(pool);
    expect(await count(3)).toEqual(["hangs", "hangs", false]);
    second.open();
    expect((await count(4)).at(-1)).toBe(true);
  });

  it("waits several times as long as tasks usually take", async () => {
    const { pool } = await watchedPool({});
    // The worker's own estimate counts before the first task has been done.
    const patient = await startPool({ taskMs: hour, hungMs: 400 });
    const [quick, slow] = [hold(pool), hold(patient)];
    await expect(quick.done).rejects.toMatchObject({ reason: "WORKER_LOST" });
    slow.open();
    expect(await slow.done).toMatchObject({ value: "held" });
  });
});

describe("start and stop", () => {
  it("rejects with the worker's own reason when it cannot start", async () => {
    await expect(startPool({ size: 2, failFrom: 2 })).rejects.toThrow("worker 2 was told to fail");
  });

  it("gives up loading when the signal aborts, before or after it began", async () => {
    await expect(startPool({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    const controller = new AbortController();
    const starting = startPool({ size: 2, signal: controller.signal });
    controller.abort();
    await expect(starting).rejects.toMatchObject({ code: Code.UNAVAILABLE });
  });

  it("drains when nothing waits or runs, and when the signal aborts", async () => {
    const pool = await startPool();
    await pool.drain(new AbortController().signal);
    const held = hold(pool);
    await pool.drain(AbortSignal.abort());
    let drained = false;
    const draining = pool.drain(new AbortController().signal).then(() => {
      drained = true;
    });
    await held.started;
    expect(drained).toBe(false);
    held.open();
    await draining;
  });

  it("rejects everything on close, which may be asked for twice, and ends a drain", async () => {
    const pool = await startPool({ endMs: 100 });
    const { gate } = shutGate();
    // A worker that waits for the gate is ended all the same.
    const running = pool.run({ kind: "wait", gate, value: "x" });
    const waiting = pool.run(echo("y"));
    const draining = pool.drain(new AbortController().signal);
    const closing = [pool.close(), pool.close()];
    await expect(running).rejects.toMatchObject({ code: Code.UNAVAILABLE, message: "The service is stopping." });
    await expect(waiting).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    await Promise.all([...closing, draining]);
    await expect(pool.run(echo("z"))).rejects.toMatchObject({ code: Code.UNAVAILABLE });
  });

  it("gives a worker as long to end as it may be silent, and stops it then", async () => {
    const pool = await startPool({ hungMs: 100, taskMs: 60_000 });
    const { started } = hold(pool);
    await started;
    const stops = vi.spyOn(Worker.prototype, "terminate");
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const closing = pool.close();
      vi.advanceTimersByTime(299_000);
      expect(stops).not.toHaveBeenCalled();
      vi.advanceTimersByTime(2_000);
      expect(stops).toHaveBeenCalledOnce();
      await closing;
    } finally {
      vi.useRealTimers();
      stops.mockRestore();
    }
  });

  it("leaves no listener on a caller's signal", async () => {
    const pool = await startPool();
    const target = new AbortController();
    await pool.run(echo("a"), { signal: target.signal });
    expect(getEventListeners(target.signal, "abort")).toEqual([]);
  });
});
