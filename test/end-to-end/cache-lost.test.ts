import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DecoderService, decodeRle, EverythingMode, type SegmentResponse } from "../../proto/index.js";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { Cluster } from "../support/cluster.js";
import { type EverythingInit, type EverythingLine, postEverything } from "../support/everything-calls.js";
import { segmentOverHttp, upload } from "../support/http-calls.js";
import type { MaskwireProcess } from "../support/maskwire-process.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { findRedisServer } from "../support/programs.js";
import { RedisServer } from "../support/redis-server.js";
import { SocketClient } from "../support/socket-client.js";
import { metric, recordingLogger, startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";
import { until } from "../support/until.js";

const disc = { points: [clickOn("disc")] };
const isUp = "maskwire_cache_up";

type RunLengths = ReturnType<typeof decodeRle>;

let nextSeed = 600;

describe.skipIf(!findRedisServer())("the shared cache is soft", () => {
  it("one process encodes and decodes while its Redis is down, says so once, and recovers by itself", async () => {
    const { logger, lines } = recordingLogger();
    const redis = await RedisServer.start();
    await using maskwire = await startMaskwire({ ...tinyModelEnv(), MASKWIRE_CACHE_URL: redis.url }, { logger });
    const told = (text: string) => lines.filter(({ msg }) => msg === text).length;
    const work = async () => {
      const { image } = await upload(maskwire.url, await jpegScene(640, 480, nextSeed++));
      return segmentOverHttp(maskwire.url, { imageId: image?.imageId ?? "", prompt: disc });
    };
    expect((await work()).masks[0]?.area).toBeGreaterThan(0);
    expect(await metric(maskwire.adminUrl, isUp)).toBe(1);
    await redis[Symbol.asyncDispose]();
    expect((await work()).masks[0]?.area).toBeGreaterThan(0);
    expect((await work()).masks[0]?.area).toBeGreaterThan(0);
    expect(await metric(maskwire.adminUrl, isUp)).toBe(0);
    const readiness = await fetch(`${maskwire.url}/readyz`);
    expect(readiness.status).toBe(200);
    expect(await readiness.json()).toMatchObject({ ready: true, cache: { kind: "shared", state: "down" } });
    expect(told("cache is lost; going on without it")).toBe(1);
    await using back = await RedisServer.start(redis.port);
    await until(async () => (await metric(maskwire.adminUrl, isUp)) === 1);
    expect(told("cache is back")).toBe(1);
    expect(await (await fetch(`${maskwire.url}/readyz`)).json()).toMatchObject({ cache: { state: "up" } });
    expect((await work()).masks[0]?.area).toBeGreaterThan(0);
    expect((await back.keys()).some((key) => key.includes(":embedding:"))).toBe(true);
  });

  it("one process encodes and decodes while its Redis hangs", async () => {
    await using redis = await RedisServer.start();
    await using maskwire = await startMaskwire({
      ...tinyModelEnv(),
      MASKWIRE_CACHE_URL: redis.url,
      MASKWIRE_CACHE_TIMEOUT_MS: "100",
    });
    redis.pause();
    try {
      const { image } = await upload(maskwire.url, await jpegScene(640, 480, nextSeed++));
      const { masks } = await segmentOverHttp(maskwire.url, { imageId: image?.imageId ?? "", prompt: disc });
      expect(masks[0]?.area).toBeGreaterThan(0);
      expect(await metric(maskwire.adminUrl, isUp)).toBe(0);
    } finally {
      redis.resume();
    }
  });
});

describe.skipIf(!findRedisServer())("tiers in processes of their own without their shared cache", () => {
  let cluster: Cluster;
  let url: string;

  beforeAll(async () => {
    cluster = await Cluster.start({}, { ...tinyModelEnv(), MASKWIRE_CACHE_TIMEOUT_MS: "200" });
    url = cluster.gateway.url;
  }, 120_000);
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  const everything: EverythingInit = { mode: EverythingMode.EXHAUSTIVE, pointsPerSide: 2, cropNLayers: 1 };

  async function findEverything(imageId: string): Promise<{ points?: number; masks?: number } | undefined> {
    const text = await (await postEverything(url, { imageId, ...everything })).text();
    const last = JSON.parse(text.trim().split("\n").at(-1) ?? "{}") as EverythingLine;
    if (!last.done) throw new Error(`everything mode did not end well: ${JSON.stringify(last)}`);
    return last.done;
  }

  /** Upload, click, prompt over HTTP, everything with crop layers: what a person does with a picture. */
  async function useAll(): Promise<{ imageId: string; mask: RunLengths }> {
    const picture = await jpegScene(640, 480, nextSeed++);
    const imageId = imageIdOf(picture);
    const ready = await upload(url, picture);
    expect(ready.image?.imageId).toBe(imageId);
    await using client = await SocketClient.join(url);
    await client.openReady(imageId);
    client.segment({ sequence: 1, prompt: disc });
    const mask = maskOf((await client.next("segment")).outcome);
    const { masks } = await segmentOverHttp(url, { imageId, prompt: disc });
    expect(decodeRle(masks[0]?.rle ?? { size: [], counts: "" })).toEqual(mask);
    expect((await findEverything(imageId))?.points).toBe(4 + 4 * 4);
    return { imageId, mask };
  }

  /** The masks of all decoders, asked directly: without the gateway's help they come from the shared cache. */
  const masksOfDecoders = (imageId: string) => Promise.all(cluster.decoders.map((one) => maskOfDecoder(one, imageId)));

  async function maskOfDecoder({ address }: MaskwireProcess, imageId: string): Promise<RunLengths> {
    const rpc = new RpcClient(address);
    try {
      let answer: SegmentResponse | undefined;
      await until(async () => {
        answer = await rpc
          .unary(DecoderService.method.segmentOnce, { imageId, prompt: disc })
          .catch((error: unknown) => {
            // A decoder finds its way back to the cache by itself, in its own time.
            if (!(error instanceof ServiceError && error.code === Code.NOT_FOUND)) throw error;
            return undefined;
          });
        return answer !== undefined;
      });
      return maskOf((answer as unknown as SegmentResponse).outcome);
    } finally {
      rpc.close();
    }
  }

  /** Handed on by an encoder once the cache is back, without anybody's asking. */
  async function untilShared(imageId: string): Promise<void> {
    await until(async () => (await cluster.redis.keys()).some((key) => key.includes(`:embedding:${imageId}`)));
  }

  it("R7, R8, E5, H6: killed, every way to a mask works on; back and empty, it is given what it missed", async () => {
    await using client = await SocketClient.join(url);
    const before = await useAll();
    await cluster.killRedis();
    const during = await useAll();
    // What was stored before is known to its encoder still.
    client.open(before.imageId);
    await client.imageUntil("ready");
    client.segment({ sequence: 1, prompt: disc });
    expect(maskOf((await client.next("segment")).outcome)).toEqual(before.mask);
    await cluster.restartRedis();
    await untilShared(during.imageId);
    expect(await masksOfDecoders(during.imageId)).toEqual([during.mask, during.mask]);
    const after = await useAll();
    expect(await masksOfDecoders(after.imageId)).toEqual([after.mask, after.mask]);
  });

  it("R7: hanging, every way to a mask works on, and the mask is the one that a sound cache gives", async () => {
    cluster.redis.pause();
    let during: Awaited<ReturnType<typeof useAll>>;
    try {
      during = await useAll();
    } finally {
      cluster.redis.resume();
    }
    await untilShared(during.imageId);
    expect(await masksOfDecoders(during.imageId)).toEqual([during.mask, during.mask]);
  });

  it("R7: emptied under a running system, an encoder gives it again what it knows", async () => {
    const picture = await jpegScene(640, 480, nextSeed++);
    const imageId = imageIdOf(picture);
    await upload(url, picture, { id: imageId });
    await cluster.redis.flush();
    const encodes = () =>
      Promise.all(cluster.encoders.map((one) => metric(one.adminUrl, 'maskwire_encodes_total{outcome="encoded"}')));
    const made = await encodes();
    expect((await segmentOverHttp(url, { imageId, prompt: disc })).masks[0]?.area).toBeGreaterThan(0);
    expect(await encodes()).toEqual(made);
    expect((await masksOfDecoders(imageId)).length).toBe(2);
  });
});

function maskOf(outcome: SegmentResponse["outcome"]): RunLengths {
  if (outcome.case !== "result") throw new Error(`refused: ${outcome.value?.message}`);
  return decodeRle(outcome.value.masks[0]?.rle ?? { size: [], counts: "" });
}
