import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rendezvousOrder } from "../../gateway/peers/rendezvous.js";
import {
  DecoderService,
  decodeRle,
  ErrorCode,
  EverythingMode,
  rleIou,
  type SegmentResponse,
} from "../../proto/index.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { Cluster } from "../support/cluster.js";
import { postEverything } from "../support/everything-calls.js";
import { allLines, eventLines, segmentOverHttp, upload } from "../support/http-calls.js";
import type { MaskwireProcess } from "../support/maskwire-process.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { findRedisServer } from "../support/programs.js";
import { SocketClient } from "../support/socket-client.js";
import { metric, startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";

const disc = { points: [clickOn("disc")] };
const deadlineMs = 15_000;
/** Prompts that keep a decoder busy for a second or two. */
const busyPrompts = 100;

let nextSeed = 400;

const rejectedLookups = 'maskwire_embedding_lookups_total{outcome="rejected"}';

/** One bit of the tensors. */
function flipMiddle(value: Buffer): Buffer {
  const middle = value.length >> 1;
  value[middle] = (value[middle] as number) ^ 0x40;
  return value;
}

function maskOf({ outcome }: SegmentResponse) {
  if (outcome.case !== "result") throw new Error(`refused: ${outcome.value?.message}`);
  const [best] = outcome.value.masks;
  if (!best?.rle) throw new Error("no mask came");
  return decodeRle(best.rle);
}

/** The mask that one process alone gives. */
async function referenceMask(single: Maskwire, picture: Buffer) {
  await upload(single.url, picture);
  const { masks } = await segmentOverHttp(single.url, { imageId: imageIdOf(picture), prompt: disc });
  return decodeRle(masks[0]?.rle ?? { size: [], counts: "" });
}

/** Which process the gateway prefers for an image. */
function homeOf(imageId: string, processes: MaskwireProcess[]): number {
  const addresses = processes.map(({ address }) => address);
  return addresses.indexOf(rendezvousOrder(imageId, addresses)[0] as string);
}

describe.skipIf(!findRedisServer())("tiers in processes of their own over Redis", () => {
  let cluster: Cluster;
  let single: Maskwire;
  let url: string;

  beforeAll(async () => {
    // Room for no embedding in the encoders: what the shared cache has lost they make again.
    const none = { MASKWIRE_CACHE_BYTES: String(2 ** 20) };
    cluster = await Cluster.start({ MASKWIRE_DEADLINE_MS: String(deadlineMs) }, none);
    single = await startMaskwire(tinyModelEnv());
    url = cluster.gateway.url;
  }, 120_000);
  afterAll(async () => {
    await single?.stop();
    await cluster?.[Symbol.asyncDispose]();
  });

  async function openFresh() {
    const picture = await jpegScene(640, 480, nextSeed++);
    await upload(url, picture);
    const client = await SocketClient.join(url);
    await client.openReady(imageIdOf(picture));
    return { picture, imageId: imageIdOf(picture), client };
  }

  const portOf = ({ url: at }: MaskwireProcess) => new URL(at).port;

  async function endAll(processes: MaskwireProcess[]): Promise<void> {
    for (const one of processes) one.signal("SIGKILL");
    await Promise.all(processes.map((one) => one.ended));
  }

  /** The picture's decoder begins anew: an embedding that the shared cache has lost is in no process's memory either. */
  async function forgetEmbedding(imageId: string) {
    const home = homeOf(imageId, cluster.decoders);
    const decoder = cluster.decoders[home] as MaskwireProcess;
    await endAll([decoder]);
    cluster.decoders[home] = await cluster.startDecoder(portOf(decoder));
  }

  /** So do all encoders: nor is a picture. */
  async function forgetPictures() {
    await endAll(cluster.encoders);
    cluster.encoders = await Promise.all(cluster.encoders.map((one) => cluster.startEncoder(portOf(one))));
  }

  it("gives the same mask as a single process, to a click that meets any decoder", async () => {
    const { picture, imageId, client } = await openFresh();
    client.segment({ sequence: 1, prompt: disc });
    const mask = maskOf(await client.next("segment"));
    const reference = await referenceMask(single, picture);
    expect(rleIou(mask, reference)).toBeGreaterThan(0.999);
    for (const { address } of cluster.decoders) {
      const rpc = new RpcClient(address);
      const answer = await rpc.unary(DecoderService.method.segmentOnce, { imageId, prompt: disc });
      expect(rleIou(maskOf(answer), reference)).toBeGreaterThan(0.999);
      rpc.close();
    }
    await client[Symbol.asyncDispose]();
  });

  it("R2: a click that finds no embedding has the stored image encoded and is answered", async () => {
    const { imageId, client } = await openFresh();
    expect(await cluster.redis.remove(":embedding:")).toBeGreaterThan(0);
    await forgetEmbedding(imageId);
    client.segment({ sequence: 1, prompt: disc });
    const seen: string[] = [];
    for (;;) {
      const { frame } = await client.nextFrame();
      if (frame.case === "image") seen.push(frame.value.event.case ?? "");
      if (frame.case !== "segment") continue;
      expect(maskOf(frame.value).width).toBe(640);
      break;
    }
    // A page that shows the one shows the other.
    expect(seen.slice(-2)).toEqual(["encoding", "ready"]);
    await client[Symbol.asyncDispose]();
  });

  it("R2, H6: so does a prompt over HTTP", async () => {
    const picture = await jpegScene(640, 480, nextSeed++);
    await upload(url, picture);
    await cluster.redis.remove(":embedding:");
    const { masks } = await segmentOverHttp(url, { imageId: imageIdOf(picture), prompt: disc });
    expect(masks[0]?.area).toBeGreaterThan(0);
  });

  it("R3: with the image gone too it is missing, and the click waits for the upload", async () => {
    const { picture, imageId, client } = await openFresh();
    await cluster.redis.flush();
    await Promise.all([forgetEmbedding(imageId), forgetPictures()]);
    client.segment({ sequence: 1, prompt: disc });
    await client.imageUntil("missing");
    await upload(url, picture);
    client.open(imageId);
    await client.imageUntil("ready");
    expect(maskOf(await client.next("segment")).width).toBe(640);
    await client[Symbol.asyncDispose]();
  });

  it("a damaged record is a miss: it is made again and the mask is the right one", async () => {
    const { picture, imageId, client } = await openFresh();
    const damaged = await cluster.redis.rewrite(":embedding:", flipMiddle);
    expect(damaged).toBeGreaterThan(0);
    await forgetEmbedding(imageId);
    client.segment({ sequence: 1, prompt: disc });
    expect(await client.imageUntil("ready")).toContain("encoding");
    expect(rleIou(maskOf(await client.next("segment")), await referenceMask(single, picture))).toBeGreaterThan(0.999);
    await client[Symbol.asyncDispose]();
  });

  it.each([EverythingMode.ADAPTIVE, EverythingMode.EXHAUSTIVE])(
    "a damaged record is found before everything mode tells anything, and made again (mode %i)",
    async (mode) => {
      const picture = await jpegScene(640, 480, nextSeed++);
      await upload(url, picture);
      await cluster.redis.rewrite(":embedding:", flipMiddle);
      const rejected = async () => {
        const counts = cluster.decoders.map((one) => metric(one.adminUrl, rejectedLookups));
        return (await Promise.all(counts)).reduce((sum, count) => sum + count);
      };
      const before = await rejected();
      const reply = await postEverything(url, { imageId: imageIdOf(picture), pointsPerSide: 2, mode });
      expect(reply.status).toBe(200);
      expect((await allLines(eventLines(reply))).at(-1)).toMatchObject({ done: { image: { width: 640 } } });
      expect(await rejected()).toBe(before + 1);
    },
  );

  it("a whole record of another picture under this one's key is a miss too", async () => {
    await cluster.redis.remove(":embedding:");
    const other = await openFresh();
    let foreign: Buffer = Buffer.alloc(0);
    await cluster.redis.rewrite(":embedding:", (value) => {
      foreign = value;
      return value;
    });
    const { client, imageId, picture } = await openFresh();
    await cluster.redis.rewrite(":embedding:", () => foreign);
    await forgetEmbedding(imageId);
    client.segment({ sequence: 1, prompt: { points: [clickOn("disc")] } });
    expect(await client.imageUntil("ready")).toContain("encoding");
    expect(rleIou(maskOf(await client.next("segment")), await referenceMask(single, picture))).toBeGreaterThan(0.999);
    for (const one of [client, other.client]) await one[Symbol.asyncDispose]();
  });

  it("R1: a decoder that is killed with a click under way costs no error", async () => {
    const { client, imageId } = await openFresh();
    const home = homeOf(imageId, cluster.decoders);
    const decoder = cluster.decoders[home] as MaskwireProcess;
    // Work ahead of it: the click waits at this decoder when that is killed.
    const rpc = new RpcClient(decoder.address);
    const call = rpc.duplex(DecoderService.method.segment);
    for (let sequence = 0; sequence < busyPrompts; sequence++) call.send({ sequence, imageId, prompt: disc });
    for await (const _ of call.responses) break;
    client.segment({ sequence: 2, prompt: disc });
    client.open(imageId);
    await client.next("image");
    decoder.signal("SIGKILL");
    const answer = await client.next("segment");
    expect(answer.sequence).toBe(2);
    expect(maskOf(answer).width).toBe(640);
    rpc.close();
    await decoder.ended;
    cluster.decoders[home] = await cluster.startDecoder(new URL(decoder.url).port);
    await client[Symbol.asyncDispose]();
  });

  it("N5: a decoder that hangs behind a live connection costs a click no error, and goes on when it is back", async () => {
    const { client, imageId } = await openFresh();
    const hedges = () => metric(cluster.gateway.adminUrl, 'maskwire_peer_hedges_total{tier="decoder"}');
    const before = await hedges();
    const decoder = cluster.decoders[homeOf(imageId, cluster.decoders)] as MaskwireProcess;
    decoder.signal("SIGSTOP");
    client.segment({ sequence: 1, prompt: disc });
    expect(maskOf(await client.next("segment")).width).toBe(640);
    expect(await hedges()).toBe(before + 1);
    // Nobody waits for it again.
    client.segment({ sequence: 2, prompt: disc });
    expect(maskOf(await client.next("segment")).width).toBe(640);
    expect(await hedges()).toBe(before + 1);
    decoder.signal("SIGCONT");
    client.segment({ sequence: 3, prompt: disc });
    expect((await client.next("segment")).sequence).toBe(3);
    // What it was sent while it hung goes before this: the next test counts what decoders read.
    const rpc = new RpcClient(decoder.address);
    await rpc.unary(DecoderService.method.segmentOnce, { imageId, prompt: disc });
    rpc.close();
    await client[Symbol.asyncDispose]();
  });

  it("R1: an encoder that is killed while it encodes a stored image costs no error", async () => {
    const { client, imageId } = await openFresh();
    await cluster.redis.remove(":embedding:");
    await forgetEmbedding(imageId);
    client.segment({ sequence: 1, prompt: disc });
    await client.imageUntil("encoding");
    const index = homeOf(imageId, cluster.encoders);
    const encoder = cluster.encoders[index] as MaskwireProcess;
    encoder.signal("SIGKILL");
    const kinds: string[] = [];
    for (;;) {
      const { frame } = await client.nextFrame();
      kinds.push(frame.case ?? "");
      if (frame.case !== "segment") continue;
      expect(maskOf(frame.value).width).toBe(640);
      break;
    }
    expect(kinds.filter((kind) => kind !== "image" && kind !== "segment")).toEqual([]);
    await encoder.ended;
    cluster.encoders[index] = await cluster.startEncoder(new URL(encoder.url).port);
    client.open(imageId);
    await client.imageUntil("ready");
    await client[Symbol.asyncDispose]();
  });

  it("R5: with no decoder a click is UNAVAILABLE with a hint; the next finds one that is back", async () => {
    const { client } = await openFresh();
    await endAll(cluster.decoders);
    client.segment({ sequence: 1, prompt: disc });
    const { outcome } = await client.next("segment");
    expect(outcome).toMatchObject({ case: "error", value: { code: ErrorCode.UNAVAILABLE } });
    expect(outcome.case === "error" && outcome.value.retryAfterMs).toBeGreaterThan(0);
    cluster.decoders = [await cluster.startDecoder(new URL((cluster.decoders[0] as MaskwireProcess).url).port)];
    client.segment({ sequence: 2, prompt: disc });
    expect(maskOf(await client.next("segment")).width).toBe(640);
    await client[Symbol.asyncDispose]();
  });
});
