import { randomBytes, randomUUID } from "node:crypto";
import { createClient } from "@redis/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serverOf, TestConnection } from "./testing/connected-store.js";
import { findRedisServer, RedisServer } from "./testing/redis-server.js";

const most = 4 * 1024 ** 2;

const isInstalled = findRedisServer() !== undefined;

describe.skipIf(!isInstalled)("the connection to one server (needs redis-server)", () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis[Symbol.asyncDispose]());

  async function using(test: (connection: TestConnection, key: string) => Promise<void>, timeoutMs?: number) {
    const connection = new TestConnection(serverOf(redis.url), timeoutMs);
    try {
      await connection.until("closed");
      await test(connection, randomUUID());
    } finally {
      connection.close();
    }
  }

  it("keeps bytes and hands them back as they are", () =>
    using(async (connection, key) => {
      expect(await connection.get(key, most)).toBeUndefined();
      expect(await connection.has(key)).toBe(false);
      const bytes = Buffer.from([0xff, 0, 0xc3, 0x28]);
      await connection.set(key, bytes, 60_000);
      expect(await connection.get(key, most)).toEqual(bytes);
      expect(await connection.has(key)).toBe(true);
      expect(await connection.delete(key)).toBe(true);
      expect(await connection.delete(key)).toBe(false);
    }));

  it("reads a large value a piece at a time, and of one that is longer than was asked for the first bytes alone", () =>
    using(async (connection, key) => {
      const piece = 1024 ** 2;
      for (const length of [piece - 1, piece, piece + 1, 4 * piece - 1, 4 * piece, 5 * piece + 5]) {
        const bytes = randomBytes(length);
        await connection.set(key, bytes, 60_000);
        for (const mostBytes of [length, length + 1, 100 * piece]) {
          expect(bytes.equals((await connection.get(key, mostBytes)) as Uint8Array), `${length}, ${mostBytes}`).toBe(
            true,
          );
        }
        for (const mostBytes of [10, piece - 1, piece, 4 * piece - 2, 4 * piece - 1, 4 * piece, length - 1].filter(
          (one) => one < length,
        )) {
          const found = (await connection.get(key, mostBytes)) as Uint8Array;
          expect(found.byteLength, `${length}, ${mostBytes}`).toBe(mostBytes + 1);
          expect(bytes.subarray(0, mostBytes + 1).equals(found)).toBe(true);
        }
      }
    }));

  it("sets what is absent alone, and tells who was first", () =>
    using(async (connection, key) => {
      const outcomes = await Promise.all(["a", "b", "c"].map((value) => connection.setIfAbsent(key, value, 60_000)));
      expect(outcomes).toEqual([true, false, false]);
      expect(String(await connection.get(key, most))).toBe("a");
    }));

  it("deletes and extends only what holds the expected value", () =>
    using(async (connection, key) => {
      await connection.set(key, "mine", 1_000);
      expect(await connection.extendIfEqual(key, "theirs", 60_000)).toBe(false);
      expect(await connection.extendIfEqual(key, "mine", 60_000)).toBe(true);
      expect(await remainingMs(redis, key)).toBeGreaterThan(50_000);
      expect(await connection.deleteIfEqual(key, "theirs")).toBe(false);
      expect(await connection.deleteIfEqual(key, "mine")).toBe(true);
      expect(await connection.extendIfEqual(key, "mine", 1_000)).toBe(false);
    }));

  it("knows how long a key lives on", () =>
    using(async (connection, key) => {
      expect(await connection.remainingMs(key)).toBeUndefined();
      await connection.set(key, "value", 60_000);
      expect(await connection.remainingMs(key)).toBeGreaterThan(50_000);
      const client = createClient({ url: redis.url });
      await client.connect();
      await client.persist(key);
      client.destroy();
      expect(await connection.remainingMs(key)).toBe(Number.POSITIVE_INFINITY);
    }));

  it("waits out the timeout a few times only while the server hangs, then not at all, and comes back by itself", () =>
    using(async (connection, key) => {
      redis.pause();
      try {
        const kinds = [];
        for (let tries = 0; tries < 20; tries++) {
          kinds.push(await connection.get(key, most).then(String, (error) => error.kind));
        }
        const late = kinds.filter((kind) => kind === "timeout").length;
        expect(late).toBeGreaterThan(0);
        expect(late).toBeLessThanOrEqual(3);
        expect(kinds.slice(late)).toEqual(Array(20 - late).fill("unavailable"));
      } finally {
        redis.resume();
      }
      await connection.until("closed");
      await connection.set(key, "back", 60_000);
    }, 100));

  it("ends everything under way when it gives the server up", () =>
    using(async (connection, key) => {
      redis.pause();
      try {
        const many = Promise.allSettled(Array.from({ length: 200 }, () => connection.get(key, most)));
        const kinds = (await many).map((one) => one.status === "rejected" && one.reason.kind);
        expect(new Set(kinds)).toEqual(new Set(["timeout", "unavailable"]));
        expect(kinds.filter((kind) => kind === "timeout").length).toBeLessThanOrEqual(3);
      } finally {
        redis.resume();
      }
    }, 100));

  it("does not let commands pile up behind a server that hangs", () =>
    using(async (connection, key) => {
      redis.pause();
      try {
        const refused = async (ask: () => Promise<unknown>) => {
          const asked = Array.from({ length: 1500 }, () => ask().then(String, ({ message }) => message as string));
          return (await Promise.all(asked)).filter((outcome) => /queue is full|reads wait/i.test(outcome));
        };
        const [commands, reads] = await Promise.all([
          refused(() => connection.has(key)),
          refused(() => connection.get(key, most)),
        ]);
        expect(commands[0]).toMatch(/queue is full/i);
        expect(reads).toContainEqual(expect.stringContaining("is behind: 1024 reads wait for it"));
      } finally {
        redis.resume();
      }
    }, 20_000));

  it("does not let values pile up behind a server that hangs, and says how many bytes wait", () =>
    using(async (connection, key) => {
      const value = Buffer.alloc(100 * 1024 * 1024);
      redis.pause();
      const waiting: Promise<unknown>[] = [];
      try {
        for (let sent = 0; sent < 2; sent++) waiting.push(connection.set(key, value, 60_000));
        await expect(connection.set(key, value, 60_000)).rejects.toMatchObject({
          kind: "unavailable",
          message: expect.stringContaining("201 MiB"),
        });
      } finally {
        redis.resume();
      }
      // The server goes on: what waited arrives, and there is room again.
      await Promise.all(waiting);
      await connection.set(key, value, 60_000);
      await connection.delete(key);
    }, 20_000));

  it("reads far more than fits into the time of one command, each in its turn", async () => {
    const value = Buffer.alloc(2 * 1024 * 1024, 7);
    const key = randomUUID();
    let readMs = 0;
    await using(async (patient) => {
      await patient.set(key, value, 60_000);
      const times: number[] = [];
      for (let i = 0; i < 20; i++) {
        const startedAt = performance.now();
        await patient.get(key, most);
        times.push(performance.now() - startedAt);
      }
      readMs = times.sort((a, b) => a - b)[10] as number;
    }, 60_000);
    // All of them take at least twice as long as one command may, on a busy machine as on a quiet one.
    await using(
      async (connection) => {
        const before = connection.states.length;
        const outcomes = await Promise.all(
          Array.from({ length: 300 }, () => connection.get(key, most).then((read) => read?.byteLength, String)),
        );
        expect(new Set(outcomes)).toEqual(new Set([value.byteLength]));
        expect(connection.states.slice(before)).toEqual([]);
      },
      Math.max(300, 150 * readMs),
    );
  });

  it("knows at once that the server is gone, and when it is back", () =>
    using(async (connection, key) => {
      await redis.stop();
      await connection.until("open");
      await expect(connection.get(key, most)).rejects.toMatchObject({ kind: "unavailable" });
      await redis.start();
      await connection.until("closed");
      await connection.set(key, "back", 60_000);
    }, 60_000));

  it("starts without a server and finds it later", async () => {
    await redis.stop();
    const connection = new TestConnection(serverOf(redis.url));
    await connection.until("open");
    await redis.start();
    await connection.until("closed");
    connection.close();
  });

  it("closes while the server hangs, with commands under way", () =>
    using(async (connection, key) => {
      redis.pause();
      try {
        const waiting = connection.get(key, most);
        connection.close();
        await expect(waiting).rejects.toMatchObject({ kind: "closed" });
        await expect(connection.get(key, most)).rejects.toMatchObject({ kind: "closed" });
      } finally {
        redis.resume();
      }
    }));

  it("Q5 adds numbers under a key that is gone a time after its first, and only reads what is not there", () =>
    using(async (connection, key) => {
      expect(await connection.addWithin(key, 0, 60_000)).toEqual({ sum: 0, leftMs: 0 });
      expect(await connection.has(key)).toBe(false);
      expect(await connection.addWithin(key, 3, 60_000)).toEqual({ sum: 3, leftMs: 60_000 });
      const { sum, leftMs } = await connection.addWithin(key, -1, 3_600_000);
      expect(sum).toBe(2);
      expect(leftMs).toBeLessThanOrEqual(60_000);
      expect(await connection.addWithin(key, 0, 60_000)).toMatchObject({ sum: 2 });
    }));

  it("closes while there is no server, and tries no more", async () => {
    await redis.stop();
    const connection = new TestConnection(serverOf(redis.url));
    await connection.until("open");
    connection.close();
    await redis.start();
    const client = createClient({ url: redis.url });
    await client.connect();
    expect(await client.sendCommand(["CLIENT", "LIST"])).not.toMatch(/\n.*\n/);
    client.destroy();
  });
});

async function remainingMs(redis: RedisServer, key: string): Promise<number> {
  const client = createClient({ url: redis.url });
  await client.connect();
  const left = await client.pTTL(key);
  client.destroy();
  return left;
}
