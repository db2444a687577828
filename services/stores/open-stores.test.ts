import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@redis/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMetrics } from "../runtime/host-metrics.js";
import { imageIdOf } from "../runtime/image-id.js";
import { readEnv } from "../runtime/settings/read-env.js";
import { fakeLogger } from "../runtime/testing/fake-logger.js";
import { PictureFile } from "./image-record.js";
import { openStores, type Stores } from "./open-stores.js";
import { shape, variables } from "./settings.js";
import { findRedisServer, RedisServer } from "./testing/redis-server.js";

const bytes = Uint8Array.of(1, 2, 3, 4);
const picture = { tenant: undefined, imageId: imageIdOf(bytes) };
const size = { width: 4, height: 3 };

describe.skipIf(!findRedisServer())("stores that share a cache (needs redis-server)", () => {
  let redis: RedisServer;
  let folder: string;
  const opened: Stores[] = [];

  beforeAll(async () => {
    redis = await RedisServer.start();
    folder = mkdtempSync(join(tmpdir(), "keys-"));
  });
  afterAll(async () => {
    await Promise.all(opened.map((stores) => stores.close()));
    await redis?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  /** As a decoder opens them: nothing is kept in the process. */
  async function open(namespace: string, key?: string) {
    const path = join(folder, key ?? "none");
    if (key) writeFileSync(path, `${key}:${Buffer.alloc(32, key).toString("hex")}\n`);
    const env = readEnv(variables, {
      MASKWIRE_CACHE_URL: redis.url,
      MASKWIRE_CACHE_NAMESPACE: namespace,
      ...(key && { MASKWIRE_CACHE_SIGNING_KEY_FILE: path }),
    });
    const settings = shape(env, {
      hereToo: "nothing",
      limits: { maxImageBytes: 64 * 1024 ** 2, maxImagePixels: 100_000_000 },
      sizes: { embeddings: 0, pictures: 0 },
    });
    const logger = fakeLogger();
    const stores = openStores(settings, createMetrics(), logger);
    opened.push(stores);
    const set = async () => stores.images.set(picture, await PictureFile.of([bytes]), size);
    // The connection is made by itself, and nothing waits for it.
    while (
      !(await stores.connection?.has("nothing").then(
        () => true,
        () => false,
      ))
    ) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return { stores, logger, set };
  }

  it("use what those with the same keys have stored, and nothing else", async () => {
    const namespace = randomUUID();
    const one = await open(namespace, "ours");
    const two = await open(namespace, "ours");
    await one.set();
    expect(await two.stores.images.get(picture)).toMatchObject(size);
    const stranger = await open(namespace);
    await stranger.set();
    expect(await one.stores.images.describe(picture)).toBeUndefined();
    expect(await stranger.stores.images.describe(picture)).toBeUndefined();
  });

  it("tell once that a cache without keys is trusted", async () => {
    const warned = (lines: Record<string, unknown>[]) =>
      lines.filter(({ msg }) => String(msg).includes("MASKWIRE_CACHE_SIGNING_KEY_FILE")).length;
    expect(warned((await open(randomUUID())).logger.lines)).toBe(1);
    expect(warned((await open(randomUUID(), "ours")).logger.lines)).toBe(0);
  });

  it("never take a large value of a stranger's into memory", async () => {
    const namespace = randomUUID();
    const { stores, set } = await open(namespace);
    await set();
    const client = await createClient({ url: redis.url }).connect();
    const [key = ""] = await client.keys(`${namespace}:image:*`);
    // Redis makes it up from its last byte: 512 MiB.
    await client.setRange(key, 512 * 1024 ** 2 - 1, "x");
    client.destroy();
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }, 5);
    expect(await stores.images.get(picture)).toBeUndefined();
    clearInterval(watch);
    // The largest upload that is taken is of 64 MiB.
    expect(most).toBeLessThan(64 * 1024 ** 2);
  });
});
