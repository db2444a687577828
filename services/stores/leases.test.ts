import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Lease, type LeaseKeys, Leases, MemoryLeaseKeys } from "./leases.js";
import { parseSigningKeys, SigningKeys } from "./signing-keys.js";
import { serverOf, TestConnection } from "./testing/connected-store.js";
import { findRedisServer, RedisServer } from "./testing/redis-server.js";

const { signal: never } = new AbortController();
const held = (lease: Lease | string): Lease => {
  if (typeof lease === "string") throw new Error(`no lease: ${lease}`);
  return lease;
};

/** What leases keep to, whatever their keys are in. A process of its own is a `Leases` of its own. */
function leasesContract(keys: () => LeaseKeys): void {
  const cluster = (termMs = 60_000) => {
    const namespace = `test-${randomUUID()}`;
    return () => new Leases(keys(), { namespace, termMs });
  };

  it("gives a name to one of many who ask at once, and other names to others", async () => {
    const process = cluster();
    const asked = await Promise.all(Array.from({ length: 10 }, () => process().acquire("picture")));
    expect(asked.filter((one) => one === "taken").length).toBe(9);
    expect(held(await process().acquire("other")).isHeld).toBe(true);
    expect(held(await cluster()().acquire("picture")).isHeld).toBe(true);
  });

  it("tells those who wait when it is released, and the next may have it", async () => {
    const process = cluster();
    const lease = held(await process().acquire("picture"));
    const waiting = process().freed("picture", never);
    await lease.release();
    expect(await waiting).toEqual({ verdict: undefined });
    expect(lease.isHeld).toBe(false);
    expect(held(await process().acquire("picture")).isHeld).toBe(true);
  });

  it("tells those who wait why the work cannot succeed", async () => {
    const process = cluster();
    const lease = held(await process().acquire("picture"));
    const waiting = process().freed("picture", never);
    await lease.release("NO_PICTURE");
    expect(await waiting).toEqual({ verdict: "NO_PICTURE" });
  });

  it("believes, where there are keys, only verdicts that are signed, each for its own name", async () => {
    const namespace = `test-${randomUUID()}`;
    const signing = new SigningKeys(parseSigningKeys(`a:${"ab".repeat(32)}`));
    const ours = new Leases(keys(), { namespace, termMs: 60_000, signing });
    const others = new Leases(keys(), { namespace, termMs: 60_000 });
    await held(await ours.acquire("picture")).release("DAMAGED");
    expect(await ours.freed("picture", never)).toEqual({ verdict: "DAMAGED" });
    expect(await others.freed("picture", never)).toEqual({ verdict: "DAMAGED" });
    const signed = (await keys().head(`${namespace}:lease:picture:verdict`, 1000)) as Uint8Array;
    await keys().set(`${namespace}:lease:another:verdict`, Buffer.from(signed), 60_000);
    expect(await ours.freed("another", never)).toEqual({ verdict: undefined });
    await held(await others.acquire("third")).release("DAMAGED");
    expect(await ours.freed("third", never)).toEqual({ verdict: undefined });
  });

  it("is waited for no longer than was said, whoever renews it", async () => {
    const process = cluster();
    const lease = held(await process().acquire("picture"));
    expect(await process().freed("picture", never, undefined, 30)).toBe("overdue");
    await lease.release();
  });

  it("reads no more of what others tell than it can use", async () => {
    const namespace = `test-${randomUUID()}`;
    const leases = new Leases(keys(), { namespace, termMs: 60_000 });
    const lease = held(await leases.acquire("picture"));
    lease.tell(() => "x".repeat(100_000));
    const heard = await new Promise<string | undefined>((resolve) => {
      const leaving = new AbortController();
      const hear = (news: string | undefined) => {
        if (news === undefined) return;
        leaving.abort();
        resolve(news);
      };
      leases.freed("picture", leaving.signal, hear).catch(() => {});
    });
    expect(heard?.length).toBe(256);
    await lease.release();
  });

  it("frees a dead holder's within its term, which then must not end its successor's", async () => {
    const namespace = `test-${randomUUID()}`;
    // A holder that is stopped, as by SIGSTOP: its renewals come to nothing, its clock goes on.
    let isStopped = false;
    const mortal: LeaseKeys = {
      has: (key) => keys().has(key),
      head: (...args) => keys().head(...args),
      set: (...args) => keys().set(...args),
      setIfAbsent: (...args) => keys().setIfAbsent(...args),
      extendIfEqual: async (...args) =>
        isStopped ? Promise.reject(new Error("stopped")) : keys().extendIfEqual(...args),
      deleteIfEqual: (...args) => keys().deleteIfEqual(...args),
    };
    const first = held(await new Leases(mortal, { namespace, termMs: 150 }).acquire("picture"));
    isStopped = true;
    const others = new Leases(keys(), { namespace, termMs: 60_000 });
    expect(await others.freed("picture", never)).toEqual({ verdict: undefined });
    expect(first.isHeld).toBe(false);
    const second = held(await others.acquire("picture"));
    await first.release("late");
    expect(await others.acquire("picture")).toBe("taken");
    expect(second.isHeld).toBe(true);
    await second.release();
    expect(await others.freed("picture", never)).toEqual({ verdict: undefined });
  });

  it("passes on what its holder tells, at once and on each renewal that brings something new", async () => {
    const process = cluster(900);
    const lease = held(await process().acquire("picture"));
    const heard: (string | undefined)[] = [];
    let more = () => {};
    const hearsMore = () =>
      new Promise<void>((resolve) => {
        more = resolve;
      });
    const first = hearsMore();
    const waiting = process().freed("picture", never, (news) => {
      heard.push(news);
      more();
    });
    await first;
    expect(heard).toEqual([undefined]);
    let asked = 0;
    const second = hearsMore();
    lease.tell(() => `word ${++asked}`);
    await second;
    // By a renewal: the holder itself says nothing more.
    await hearsMore();
    const words = heard.slice(1).map((news) => Number(news?.split(" ")[1]));
    expect(words.length).toBeGreaterThanOrEqual(2);
    expect(words).toEqual([...words].sort((a, b) => a - b));
    await lease.release();
    await waiting;
  });

  it("is renewed for as long as its holder works", async () => {
    const termMs = 400;
    const process = cluster(termMs);
    const lease = held(await process().acquire("picture"));
    const waiting = process().freed("picture", never);
    let isFreed = false;
    void waiting.then(() => {
      isFreed = true;
    });
    // There is no event for what does not happen.
    await new Promise((resolve) => setTimeout(resolve, 3 * termMs));
    expect([isFreed, lease.isHeld]).toEqual([false, true]);
    await lease.release();
    await waiting;
  });

  it("is not waited for by those who leave", async () => {
    const process = cluster();
    const lease = held(await process().acquire("picture"));
    const leaving = new AbortController();
    const waiting = process().freed("picture", leaving.signal);
    leaving.abort();
    await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
    await lease.release();
  });
}

describe("leases in memory", () => {
  const keys = new MemoryLeaseKeys();
  leasesContract(() => keys);
});

describe.skipIf(!findRedisServer())("leases in Redis (needs redis-server)", () => {
  let redis: RedisServer;
  let connection: TestConnection;

  beforeAll(async () => {
    redis = await RedisServer.start();
    connection = new TestConnection(serverOf(redis.url));
    await connection.until("closed");
  });
  afterAll(async () => {
    connection?.close();
    await redis?.[Symbol.asyncDispose]();
  });

  leasesContract(() => connection);

  it("are not to be had while the cache is down, and one that is held runs out", async () => {
    const lost = new TestConnection(serverOf(redis.url));
    await lost.until("closed");
    const leases = new Leases(lost, { namespace: `test-${randomUUID()}`, termMs: 100 });
    const lease = held(await leases.acquire("picture"));
    lost.close();
    expect(await leases.acquire("other")).toBe("unavailable");
    expect(await leases.freed("picture", never)).toBe("unavailable");
    while (lease.isHeld) await new Promise((resolve) => setTimeout(resolve, 10));
    await lease.release();
  });
});
