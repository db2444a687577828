import { createClient } from "@redis/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KeyvStoreOptions } from "./keyv-store.js";
import { blobStoreContract, sharedStoreContract, storeOptions } from "./testing/blob-store-contract.js";
import { openConnectedStore, serverOf } from "./testing/connected-store.js";
import { findRedisServer, RedisServer } from "./testing/redis-server.js";

const isInstalled = findRedisServer() !== undefined;

describe.skipIf(!isInstalled)("a store in Redis (needs redis-server)", () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis[Symbol.asyncDispose]());

  const open = (options: KeyvStoreOptions) => openConnectedStore(serverOf(redis.url), options);

  blobStoreContract(open);
  sharedStoreContract(open);

  it("keeps the bytes themselves, under the namespace once, with a lifetime", async () => {
    const options = storeOptions({ ttlMs: 50_000 });
    const store = await open(options);
    await store.set("key", Uint8Array.of(1, 2, 3));
    const client = createClient({ url: redis.url });
    await client.connect();
    const key = `${options.namespace}:key`;
    expect(await client.keys(`*${options.namespace}*`)).toEqual([key]);
    expect(await client.strLen(key)).toBe(3);
    expect(await client.pTTL(key)).toBeGreaterThan(40_000);
    client.destroy();
    await store.close();
  });
});
