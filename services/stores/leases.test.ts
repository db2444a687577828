import { randomUUID } from "node:crypto";
import { EventEmitter, getEventListeners, once } from "node:events";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { parseSigningKeys } from "../runtime/signing-keys.js";
import type { Follower, Following } from "./cache-news.js";
import { type LeaseKeys, MemoryLeaseKeys } from "./lease-keys.js";
import { type Lease, Leases } from "./leases.js";
import { SigningKeys } from "./signing-keys.js";
import { serverOf, TestConnection } from "./testing/connected-store.js";
import { findRedisServer, RedisServer } from "./testing/redis-server.js";

const { signal: never } = new AbortController();
const held = (lease: Lease | string): Lease => {
  if (typeof lease === "string") throw new Error(`no lease: ${lease}`);
  return lease;
};

/** The same keys but for these commands. */
const over = (keys: LeaseKeys, changes: Partial<LeaseKeys>): LeaseKeys => ({
  remainingMs: (key) => keys.remainingMs(key),
  head: (...args) => keys.head(...args),
  set: (...args) => keys.set(...args),
  setAndTell: (...args) => keys.setAndTell(...args),
  setIfAbsent: (...args) => keys.setIfAbsent(...args),
  extendIfEqual: (...args) => keys.extendIfEqual(...args),
  delete: (key) => keys.delete(key),
  deleteIfEqual: (...args) => keys.deleteIfEqual(...args),
  deleteAll: (...args) => keys.deleteAll(...args),
  follow: (...args) => keys.follow(...args),
  ...changes,
});

/** The same keys, with how often somebody looked whether a lease is there, and how many follow one now. */
function counted(keys: LeaseKeys) {
  const counts = { looks: 0, following: 0 };
  const watched = over(keys, {
    remainingMs: (key) => {
      counts.looks++;
      return keys.remainingMs(key);
    },
    follow: (...args) => {
      counts.following++;
      const following = keys.follow(...args);
      return {
        get state() {
          return following.state;
        },
        close: () => {
          counts.following--;
          following.close();
        },
      };
    },
  });
  return { counts, keys: watched };
}

/** A wait for "picture" of which each piece of news can be awaited. */
function waitFor(leases: Leases, signal = never) {
  const heard: (string | undefined)[] = [];
  const bell = new EventEmitter();
  const freed = leases.freed("picture", signal, (news) => {
    heard.push(news);
    bell.emit("news");
  });
  const hears = async (count: number) => {
    while (heard.length < count) await once(bell, "news");
  };
  return { freed, heard, hears };
}

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
    const mortal = over(keys(), {
      extendIfEqual: async (...args) =>
        isStopped ? Promise.reject(new Error("stopped")) : keys().extendIfEqual(...args),
    });
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
    const termMs = 1200;
    const process = cluster(termMs);
    const lease = held(await process().acquire("picture"));
    const waiting = process().freed("picture", never);
    let isFreed = false;
    void waiting.then(() => {
      isFreed = true;
    });
    // There is no event for what does not happen.
    await new Promise((resolve) => setTimeout(resolve, 2 * termMs));
    expect([isFreed, lease.isHeld]).toEqual([false, true]);
    await lease.release();
    await waiting;
  });

  it("is not waited for by those who leave, and nothing of theirs stays behind", async () => {
    const namespace = `test-${randomUUID()}`;
    const watched = counted(keys());
    const leases = new Leases(watched.keys, { namespace, termMs: 60_000 });
    const lease = held(await leases.acquire("picture"));
    const early = new AbortController();
    const leftAtOnce = leases.freed("picture", early.signal);
    early.abort();
    await expect(leftAtOnce).rejects.toMatchObject({ name: "AbortError" });
    const leaving = new AbortController();
    const { freed, hears } = waitFor(leases, leaving.signal);
    await hears(1);
    expect(watched.counts.following).toBe(1);
    leaving.abort();
    await expect(freed).rejects.toMatchObject({ name: "AbortError" });
    expect(watched.counts.following).toBe(0);
    expect(getEventListeners(leaving.signal, "abort")).toEqual([]);
    await lease.release();
  });

  it("is looked at once, and then only when it is released: all news before comes by itself", async () => {
    const namespace = `test-${randomUUID()}`;
    const watched = counted(keys());
    const leases = new Leases(watched.keys, { namespace, termMs: 60_000 });
    const lease = held(await leases.acquire("picture"));
    const { freed, heard, hears } = waitFor(leases);
    await hears(1);
    expect(watched.counts.looks).toBe(1);
    for (let told = 1; told <= 20; told++) {
      lease.tell(() => `word ${told}`);
      await hears(1 + told);
    }
    expect(heard).toEqual([undefined, ...Array.from({ length: 20 }, (_, index) => `word ${index + 1}`)]);
    expect(watched.counts.looks).toBe(1);
    await lease.release("DAMAGED");
    expect(await freed).toEqual({ verdict: "DAMAGED" });
    expect(watched.counts).toEqual({ looks: 2, following: 0 });
  });

  it("is seen to be free by the first look of one who follows it only after its release", async () => {
    const namespace = `test-${randomUUID()}`;
    const watched = counted(keys());
    const leases = new Leases(watched.keys, { namespace, termMs: 60_000 });
    await held(await leases.acquire("picture")).release();
    expect(await leases.freed("picture", never)).toEqual({ verdict: undefined });
    expect(watched.counts).toEqual({ looks: 1, following: 0 });
  });
}

describe("leases in memory", () => {
  const keys = new MemoryLeaseKeys();
  leasesContract(() => keys);
});

describe("a wait for a lease, by the clock", () => {
  const termMs = 60_000;
  const key = "test:lease:picture";
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const waiting = async (watched: ReturnType<typeof counted>) => {
    const outcomes: unknown[] = [];
    const leases = new Leases(watched.keys, { namespace: "test", termMs });
    void leases.freed("picture", never).then((outcome) => outcomes.push(outcome));
    await vi.advanceTimersByTimeAsync(0);
    return outcomes;
  };

  it("looks when the lease of a holder that died has ended, and not before", async () => {
    const keys = new MemoryLeaseKeys();
    const watched = counted(keys);
    await keys.set(key, "the dead one's", termMs);
    const outcomes = await waiting(watched);
    await vi.advanceTimersByTimeAsync(termMs - 1);
    expect([watched.counts.looks, outcomes]).toEqual([1, []]);
    await vi.advanceTimersByTimeAsync(50);
    expect([watched.counts.looks, outcomes]).toEqual([2, [{ verdict: undefined }]]);
    await vi.advanceTimersByTimeAsync(2 * termMs);
    expect(watched.counts.looks).toBe(2);
  });

  it("follows a lease that was renewed to its new end", async () => {
    const keys = new MemoryLeaseKeys();
    const watched = counted(keys);
    await keys.set(key, "token", termMs);
    const outcomes = await waiting(watched);
    await vi.advanceTimersByTimeAsync(termMs / 2);
    await keys.extendIfEqual(key, "token", termMs);
    await vi.advanceTimersByTimeAsync(termMs - 1);
    expect([watched.counts.looks, outcomes]).toEqual([2, []]);
    await vi.advanceTimersByTimeAsync(50);
    expect(outcomes).toEqual([{ verdict: undefined }]);
  });

  it("ends after the longest wait, whatever the keys say", async () => {
    const keys = new MemoryLeaseKeys();
    await keys.set(key, "a stranger's", 10 ** 12);
    const outcomes = await waiting(counted(keys));
    await vi.advanceTimersByTimeAsync(6 * termMs - 1);
    expect(outcomes).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(outcomes).toEqual(["overdue"]);
  });

  it("looks every third of a term while there is no subscription, and once when there is one", async () => {
    const keys = new MemoryLeaseKeys();
    let state: Following["state"] = "deaf";
    let follower: Follower | undefined;
    const watched = counted(
      over(keys, {
        follow: (_channel, one) => {
          follower = one;
          return {
            get state() {
              return state;
            },
            close: () => {},
          };
        },
      }),
    );
    await keys.set(key, "token", 5 * termMs);
    const outcomes = await waiting(watched);
    expect(watched.counts.looks).toBe(1);
    await vi.advanceTimersByTimeAsync(termMs);
    expect(watched.counts.looks).toBe(4);
    state = "listening";
    follower?.onChange();
    await vi.advanceTimersByTimeAsync(0);
    expect(watched.counts.looks).toBe(5);
    await vi.advanceTimersByTimeAsync(2 * termMs);
    expect(watched.counts.looks).toBe(5);
    state = "deaf";
    await keys.deleteIfEqual(key, "token");
    follower?.onChange();
    await vi.advanceTimersByTimeAsync(0);
    expect(outcomes).toEqual([{ verdict: undefined }]);
  });
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
