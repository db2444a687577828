import { describe, expect, it } from "vitest";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { Cluster } from "../support/cluster.js";
import { segmentOverHttp, tryUpload, upload } from "../support/http-calls.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { findRedisServer } from "../support/programs.js";
import { RedisServer } from "../support/redis-server.js";
import { SocketClient } from "../support/socket-client.js";
import { metric, recordingLogger, startMaskwire } from "../support/start-maskwire.js";

const disc = { points: [clickOn("disc")] };
const isUp = "maskwire_cache_up";

let nextSeed = 600;

describe.skipIf(!findRedisServer())("the shared cache is soft", () => {
  it("one process encodes and decodes while its Redis is down, says so once, and recovers by itself", async () => {
    const { logger, lines } = recordingLogger();
    const redis = await RedisServer.start();
    await using maskwire = await startMaskwire({ MASKWIRE_CACHE_URL: redis.url }, { logger });
    const told = (text: string) => lines.filter(({ msg }) => msg === text).length;
    const work = async () => {
      const { image } = await upload(maskwire.url, await jpegScene(640, 480, nextSeed++));
      return segmentOverHttp(maskwire.url, { imageId: image?.imageId ?? "", prompt: disc });
    };
    expect((await work()).masks[0]?.area).toBeGreaterThan(0);
    expect(await metric(maskwire.url, isUp)).toBe(1);
    await redis[Symbol.asyncDispose]();
    expect((await work()).masks[0]?.area).toBeGreaterThan(0);
    expect((await work()).masks[0]?.area).toBeGreaterThan(0);
    expect(await metric(maskwire.url, isUp)).toBe(0);
    expect(told("cache is lost; going on without it")).toBe(1);
    await using back = await RedisServer.start(redis.port);
    while ((await metric(maskwire.url, isUp)) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(told("cache is back")).toBe(1);
    expect((await work()).masks[0]?.area).toBeGreaterThan(0);
    expect((await back.keys()).some((key) => key.includes(":embedding:"))).toBe(true);
  });

  it("one process encodes and decodes while its Redis hangs", async () => {
    await using redis = await RedisServer.start();
    await using maskwire = await startMaskwire({ MASKWIRE_CACHE_URL: redis.url, MASKWIRE_CACHE_TIMEOUT_MS: "100" });
    redis.pause();
    try {
      const { image } = await upload(maskwire.url, await jpegScene(640, 480, nextSeed++));
      const { masks } = await segmentOverHttp(maskwire.url, { imageId: image?.imageId ?? "", prompt: disc });
      expect(masks[0]?.area).toBeGreaterThan(0);
      expect(await metric(maskwire.url, isUp)).toBe(0);
    } finally {
      redis.resume();
    }
  });

  it("R7: between processes an upload is answered with one sentence that names the cache, and the open picture is served on", async () => {
    await using cluster = await Cluster.start();
    const { url } = cluster.gateway;
    const kept = await jpegScene(640, 480, nextSeed++);
    await upload(url, kept);
    await using client = await SocketClient.join(url);
    await client.openReady(imageIdOf(kept));
    const click = async (sequence: number) => {
      client.segment({ sequence, prompt: disc });
      return (await client.next("segment")).outcome.case;
    };
    expect(await click(1)).toBe("result");
    await cluster.redis[Symbol.asyncDispose]();
    const { status, error } = await tryUpload(url, await jpegScene(640, 480, nextSeed++));
    expect(status).toBe(503);
    expect(error).toMatchObject({ code: "UNAVAILABLE", reason: "CACHE_LOST", retryAfterMs: expect.any(Number) });
    expect(error?.message).toContain("cache");
    // Asked for once: one encode, not one a try.
    const encodes = await Promise.all(
      cluster.encoders.map((one) => metric(one.url, 'maskwire_encodes_total{outcome="failed"}')),
    );
    expect(encodes.reduce((sum, one) => sum + one, 0)).toBe(1);
    // What the decoder holds needs no cache.
    expect(await click(2)).toBe("result");
  });
});
