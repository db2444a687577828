import { createClient } from "@redis/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openConnectedStore, untilKept } from "../testing/connected-store.js";
import { findRedisServer, RedisServer } from "../testing/redis-server.js";
import { blobStoreContract, recordEvents, sharedStoreContract, storeOptions } from "./blob-store-contract.js";
import type { KeyvStoreOptions } from "./keyv-store.js";
import { createRedisStore } from "./redis-store.js";

const isInstalled = findRedisServer() !== undefined;

describe.skipIf(!isInstalled)("a store in Redis (needs redis-server)", () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis[Symbol.asyncDispose]());

  const open = (options: KeyvStoreOptions) => openConnectedStore(redis.url, options);

  blobStoreContract(open);
  sharedStoreContract(open);

  it("keeps the bytes themselves, under the namespace, with a lifetime", async () => {
    const options = storeOptions({ ttlMs: 50_000 });
    const store = await open(options);
    await store.set("key", Uint8Array.of(1, 2, 3));
    const client = createClient({ url: redis.url });
    await client.connect();
    const [key] = await client.keys(`${options.namespace}*`);
    expect(key).toMatch(/^test-.*key$/);
    expect(await client.strLen(key as string)).toBe(3);
    expect(await client.pTTL(key as string)).toBeGreaterThan(0);
    client.destroy();
    await store.close();
  });

  it("misses within its timeout while the server hangs, and recovers by itself", async () => {
    const events = recordEvents();
    const store = await open(storeOptions({ timeoutMs: 200, events }));
    await store.set("key", Uint8Array.of(1));
    redis.pause();
    try {
      expect(await store.get("key")).toBeUndefined();
      expect(await store.set("key", Uint8Array.of(2))).toBe(false);
      await store.delete("other");
    } finally {
      redis.resume();
    }
    expect(events.errors.map(({ operation }) => operation)).toEqual(["get", "set", "delete"]);
    await untilKept(store);
    expect(await store.get("key")).toBeInstanceOf(Uint8Array);
    await store.close();
  });

  it("does not let commands pile up behind a server that hangs", async () => {
    const events = recordEvents();
    const store = await open(storeOptions({ timeoutMs: 2_000, events }));
    redis.pause();
    try {
      const all = Promise.all(Array.from({ length: 1500 }, () => store.get("key")));
      await events.next();
      // The first to fail is one too many, long before the timeout of those that wait.
      expect(String(events.errors[0]?.error)).toMatch(/queue is full/i);
      await all;
    } finally {
      redis.resume();
      await store.close();
    }
  });

  it("closes while the server hangs, with commands under way", async () => {
    const store = await open(storeOptions());
    redis.pause();
    try {
      const waiting = store.get("key");
      await store.close();
      expect(await waiting).toBeUndefined();
    } finally {
      redis.resume();
    }
  });

  it("misses at once while the server is down, and recovers by itself when it is back", async () => {
    const events = recordEvents();
    const store = await open(storeOptions({ timeoutMs: 60_000, events }));
    const lost = events.next();
    await redis.stop();
    await lost;
    expect(await store.get("key")).toBeUndefined();
    expect(await store.set("key", Uint8Array.of(1))).toBe(false);
    await redis.start();
    await untilKept(store);
    await store.close();
  });

  it("starts without a server and finds it later", async () => {
    await redis.stop();
    const events = recordEvents();
    const store = createRedisStore(redis.url, storeOptions({ events }));
    await events.next();
    expect(await store.get("key")).toBeUndefined();
    await redis.start();
    await untilKept(store);
    await store.close();
  });

  it("closes while there is no server, and tries no more", async () => {
    await redis.stop();
    const events = recordEvents();
    const store = createRedisStore(redis.url, storeOptions({ events }));
    await events.next();
    await store.close();
    await redis.start();
    const client = createClient({ url: redis.url });
    await client.connect();
    expect(await client.sendCommand(["CLIENT", "LIST"])).not.toMatch(/\n.*\n/);
    client.destroy();
  });
});
