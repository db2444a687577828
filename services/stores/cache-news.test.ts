import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Lease, Leases } from "./leases.js";
import { serverOf, TestConnection } from "./testing/connected-store.js";
import { ask, until } from "./testing/redis-cluster.js";
import { findRedisServer, RedisServer } from "./testing/redis-server.js";

const termMs = 60_000;
const { signal: never } = new AbortController();

describe.skipIf(!findRedisServer())("news of leases in Redis (needs redis-server)", () => {
  let redis: RedisServer;
  let holder: TestConnection;
  let waiter: TestConnection;
  let namespace: string;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis[Symbol.asyncDispose]());
  beforeEach(async () => {
    namespace = `test-${randomUUID()}`;
    [holder, waiter] = [new TestConnection(serverOf(redis.url)), new TestConnection(serverOf(redis.url))];
    await Promise.all([holder.until("closed"), waiter.until("closed")]);
  });
  afterEach(() => {
    holder.close();
    waiter.close();
  });

  const leasesOf = (connection: TestConnection, ms = termMs) => new Leases(connection, { namespace, termMs: ms });

  async function hold(connection = holder, ms = termMs): Promise<Lease> {
    const lease = await leasesOf(connection, ms).acquire("picture");
    if (typeof lease === "string") throw new Error(lease);
    return lease;
  }

  /** Resolves when the lease has been looked at for the first time, and so is subscribed to. */
  async function wait(connection = waiter, signal = never, ms = termMs) {
    const bell = new EventEmitter();
    const heard: (string | undefined)[] = [];
    const freed = leasesOf(connection, ms).freed("picture", signal, (news) => {
      heard.push(news);
      bell.emit("news", news);
    });
    await once(bell, "news");
    return { freed, heard, news: bell };
  }

  const subscribers = async () => (await ask(redis, "PUBSUB", "NUMSUB", `${namespace}:lease:picture`)).at(-1);
  const connections = async () => (await ask(redis, "CLIENT", "LIST")).trim().split("\n").length;

  it("wakes the waiters of a process over one connection, which the first of them opens", async () => {
    const lease = await hold();
    const before = await connections();
    const all = await Promise.all([wait(), wait(), wait()]);
    expect(await connections()).toBe(before + 1);
    expect(String(await subscribers())).toBe("1");
    await lease.release();
    expect(await Promise.all(all.map(({ freed }) => freed))).toEqual(Array(3).fill({ verdict: undefined }));
  });

  it("wakes one whose subscription was killed before the release", async () => {
    const lease = await hold();
    const { freed } = await wait();
    await ask(redis, "CLIENT", "KILL", "TYPE", "pubsub");
    await lease.release();
    expect(await freed).toEqual({ verdict: undefined });
  });

  it("subscribes again after a loss, and passes on what is told then", async () => {
    const lease = await hold();
    const { freed, news } = await wait();
    await ask(redis, "CLIENT", "KILL", "TYPE", "pubsub");
    await until(async () => String(await subscribers()) === "1");
    const told = once(news, "news");
    lease.tell(() => "half done");
    expect(await told).toEqual(["half done"]);
    await lease.release();
    expect(await freed).toEqual({ verdict: undefined });
  });

  it("is unsubscribed from when the last waiter leaves, and subscribed to anew by the next", async () => {
    const lease = await hold();
    for (let round = 0; round < 3; round++) {
      const leaving = [new AbortController(), new AbortController()] as const;
      const [first, second] = [await wait(waiter, leaving[0].signal), await wait(waiter, leaving[1].signal)];
      leaving[0].abort();
      await expect(first.freed).rejects.toMatchObject({ name: "AbortError" });
      expect(String(await subscribers())).toBe("1");
      leaving[1].abort();
      await expect(second.freed).rejects.toMatchObject({ name: "AbortError" });
      // Some rounds begin before the server has heard of the end of the last.
      if (round > 0) await until(async () => String(await subscribers()) === "0");
    }
    const { freed } = await wait();
    await lease.release();
    expect(await freed).toEqual({ verdict: undefined });
  });

  it("closes its connection when nobody has waited for a while", async () => {
    const lease = await hold();
    const before = await connections();
    const leaving = new AbortController();
    const { freed } = await wait(waiter, leaving.signal);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      leaving.abort();
      await expect(freed).rejects.toMatchObject({ name: "AbortError" });
      vi.advanceTimersByTime(60_000);
    } finally {
      vi.useRealTimers();
    }
    await until(async () => (await connections()) === before);
    const again = await wait();
    await lease.release();
    expect(await again.freed).toEqual({ verdict: undefined });
  });

  it("tells those who wait at once that the cache is closed, or is lost", async () => {
    await hold();
    const { freed } = await wait();
    waiter.close();
    expect(await freed).toBe("unavailable");
    const other = await wait(holder);
    await redis.stop();
    try {
      expect(await other.freed).toBe("unavailable");
    } finally {
      await redis.start();
    }
  });

  /** Two connections of a user with no more rights than these. */
  async function asLimited(rights: string[], test: (one: TestConnection, two: TestConnection) => Promise<void>) {
    await ask(redis, "ACL", "SETUSER", "limited", "reset", "on", ">secret", "+@all", "resetchannels", ...rights);
    const url = redis.url.replace("//", "//limited:secret@");
    const [one, two] = [new TestConnection(serverOf(url)), new TestConnection(serverOf(url))];
    try {
      await Promise.all([one.until("closed"), two.until("closed")]);
      await test(one, two);
    } finally {
      one.close();
      two.close();
    }
  }

  it("needs of the cache's user the keys of its namespace and the channels of its leases", () =>
    asLimited([`~${namespace}:*`, `&${namespace}:lease:*`], async (one, two) => {
      const lease = await hold(one);
      const { freed } = await wait(two);
      expect(String(await subscribers())).toBe("1");
      await lease.release("DAMAGED");
      expect(await freed).toEqual({ verdict: "DAMAGED" });
    }));

  it("does without where the cache's user may use no channel: the lease is looked at now and then", () =>
    asLimited(["~*"], async (one, two) => {
      const lease = await hold(one);
      const { freed } = await wait(two, never, 3000);
      await lease.release("DAMAGED");
      expect(await freed).toEqual({ verdict: "DAMAGED" });
      expect(String(await subscribers())).toBe("0");
      // What may not be published is set and deleted all the same, and is no fault of the cache's.
      const key = `${namespace}:lease:other`;
      await one.setAndTell(key, "value", 60_000, key);
      expect(await one.deleteIfEqual(key, "value")).toBe(true);
      expect(await one.remainingMs(key)).toBeUndefined();
    }));
});
