import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DescMethod } from "@bufbuild/protobuf";
import { createClient } from "@redis/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  bitmapToRle,
  DecoderService,
  EmbeddingSource,
  EncoderService,
  encodeRle,
  type SegmentResult,
} from "../../proto/index.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { Cluster } from "../support/cluster.js";
import { allLines, eventLines } from "../support/http-calls.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { SocketClient } from "../support/socket-client.js";
import { metric, readMetrics } from "../support/start-maskwire.js";
import { TenantGateway } from "../support/tenant-gateway.js";
import { until } from "../support/until.js";

const prompt = { points: [clickOn("disc")] };

let cluster: Cluster;
let gateway: TenantGateway;
let folder: string | undefined;
let seeds = 4200;
const newPicture = () => jpegScene(640, 480, seeds++);

beforeAll(async () => {
  cluster = await Cluster.start();
  const addresses = {
    encoders: cluster.encoders.map(({ address }) => address),
    decoders: cluster.decoders.map(({ address }) => address),
  };
  gateway = await TenantGateway.start(addresses, ["acme", "zeta"]);
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
  if (folder) await rm(folder, { recursive: true });
});

/** Sends a picture as one of a tenant; resolves with all that is told of it. */
async function send(tenant: string, picture: Buffer, query = ""): Promise<Record<string, unknown>[]> {
  const reply = await gateway.ask(tenant, `/v1/images${query}`, {
    method: "POST",
    body: picture as Buffer<ArrayBuffer>,
    headers: { accept: "application/x-ndjson" },
  });
  expect(reply.status).toBe(200);
  return allLines(eventLines(reply));
}

async function click(tenant: string, imageId: string): Promise<number> {
  const body = JSON.stringify({ imageId, prompt });
  return (await gateway.ask(tenant, "/v1/segment", { method: "POST", body })).status;
}

/** What all encoders and decoders have done so far: look-ups, encodes, decodes and errors, not how long they took. */
async function stages(): Promise<Map<string, number>> {
  const counted =
    /^maskwire_(embedding|image|cache)_lookups_total|^maskwire_(encodes|encodes_saved|decodes|refusals)_total/;
  const sums = new Map<string, number>();
  for (const { adminUrl } of [...cluster.encoders, ...cluster.decoders]) {
    for (const line of (await readMetrics(adminUrl)).split("\n")) {
      const at = line.lastIndexOf(" ");
      if (counted.test(line)) sums.set(line.slice(0, at), (sums.get(line.slice(0, at)) ?? 0) + Number(line.slice(at)));
    }
  }
  return sums;
}

/** What `work` comes to, and what was done for it. */
async function watched<T>(work: () => Promise<T>): Promise<{ outcome: T; done: Record<string, number> }> {
  const before = await stages();
  const outcome = await work();
  const after = await stages();
  const done = [...after].flatMap(([series, value]) => {
    const more = value - (before.get(series) ?? 0);
    return more > 0 ? [[series, more] as const] : [];
  });
  return { outcome, done: Object.fromEntries(done) };
}

/** An answer with what differs from one request to the next taken out. */
const anonymous = (answer: unknown, imageId: string) =>
  JSON.parse(JSON.stringify(answer ?? null).replaceAll(imageId, "the picture")) as unknown;

/** What a stranger asks by an id, by every route: HTTP, WebSocket. */
const routes: Record<string, (imageId: string) => Promise<unknown>> = {
  "GET /v1/images/:id": (id) => answerOf(`/v1/images/${id}`),
  "GET /v1/images/:id/embedding": (id) => answerOf(`/v1/images/${id}/embedding`),
  "POST /v1/segment": (imageId) =>
    answerOf("/v1/segment", { method: "POST", body: JSON.stringify({ imageId, prompt }) }),
  "POST /v1/segment with steps": (imageId) =>
    answerOf("/v1/segment", {
      method: "POST",
      body: JSON.stringify({
        imageId,
        prompt: { ...prompt, mask: { previous: { sequence: 1, mask: 0, steps: [{ prompt }] } } },
      }),
    }),
  "POST /v1/everything": (imageId) => answerOf("/v1/everything", { method: "POST", body: JSON.stringify({ imageId }) }),
  "POST /v1/everything with crops": (imageId) =>
    answerOf("/v1/everything", { method: "POST", body: JSON.stringify({ imageId, cropNLayers: 1 }) }),
  "a session": async (imageId) => {
    await using client = await SocketClient.join(gateway.url, { protocols: gateway.protocols("zeta") });
    client.open(imageId);
    const { event } = await client.next("image");
    client.send({ case: "everything", value: {} });
    return [event, (await client.nextFrame()).frame];
  },
};

async function answerOf(path: string, init?: RequestInit): Promise<unknown> {
  const reply = await gateway.ask("zeta", path, init);
  const headers = Object.fromEntries(reply.headers);
  for (const own of ["date", "x-request-id"]) delete headers[own];
  return { status: reply.status, headers, body: await reply.text() };
}

type Ask = (client: RpcClient, imageId: string) => Promise<unknown>;
const call = { origin: { tenant: "zeta" } };
const { method: encoder } = EncoderService;
const { method: decoder } = DecoderService;

const wholePicture = encodeRle(bitmapToRle(new Uint8Array(640 * 480).fill(1), 640, 480));

/** The same by every RPC that names a picture. Bytes that come along are none that anybody has uploaded. */
const rpcs: Record<string, Ask> = {
  encode: async (client, imageId) => {
    const encode = client.duplex(encoder.encode, call);
    await encode.send({ part: { case: "header", value: { imageId } } });
    encode.end();
    return allLines(encode.responses);
  },
  lookupImage: (client, imageId) => client.unary(encoder.lookupImage, { imageId }, call),
  fetchEmbedding: (client, imageId) => allLines(client.serverStream(encoder.fetchEmbedding, { imageId }, call)),
  ground: (client, imageId) => client.unary(encoder.ground, { imageId, text: "dog" }, call),
  cutOut: (client, imageId) => allLines(client.serverStream(encoder.cutOut, { imageId, rle: wholePicture }, call)),
  deleteImages: (client, imageId) =>
    client.unary(encoder.deleteImages, { images: { case: "imageId", value: imageId }, shared: true }, call),
  segment: async (client, imageId) => {
    const stream = client.duplex(decoder.segment, call);
    await stream.send({ imageId, prompt });
    stream.end();
    return allLines(stream.responses);
  },
  segmentOnce: (client, imageId) => client.unary(decoder.segmentOnce, { imageId, prompt }, call),
  prepare: (client, imageId) => client.unary(decoder.prepare, { imageId }, call),
  segmentEverything: (client, imageId) => allLines(client.serverStream(decoder.segmentEverything, { imageId }, call)),
  propagate: (client, imageId) =>
    client.unary(decoder.propagate, { imageId, known: [{ imageId, masks: [{ object: 1, rle: wholePicture }] }] }, call),
  loadEmbedding: async (client, imageId) => {
    const load = client.clientStream(decoder.loadEmbedding, call);
    await load.send({ part: { case: "header", value: { imageId } } });
    load.end();
    return load.response;
  },
  forgetImages: (client, imageId) =>
    client.unary(decoder.forgetImages, { images: { case: "imageId", value: imageId } }, call),
};
const ofNoPicture = ["describeGraphs", "fetchGraph", "listDetectors", "listModels"];

describe("K2 another tenant's picture", () => {
  let imageId: string;
  /** Of a picture that nobody has, another one each time. */
  const nobodys = () => imageIdOf(randomBytes(100));

  beforeAll(async () => {
    const picture = await newPicture();
    imageId = imageIdOf(picture);
    await send("acme", picture);
    // Warm in both decoders and their workers.
    for (const { address } of cluster.decoders) {
      await using client = closing(new RpcClient(address));
      await client.rpc.unary(decoder.segmentOnce, { imageId, prompt }, { origin: { tenant: "acme" } });
    }
  });

  it.each(Object.keys(routes))("is like one that nobody has, by %s: same answer, same work", async (name) => {
    const route = routes[name] as (typeof routes)[string];
    const stranger = nobodys();
    const none = await watched(() => route(stranger));
    const others = await watched(() => route(imageId));
    expect(anonymous(others.outcome, imageId)).toEqual(anonymous(none.outcome, stranger));
    expect(others.done).toEqual(none.done);
    expect(await click("acme", imageId)).toBe(200);
  });

  it("is asked for by every RPC there is", () => {
    const all = [...EncoderService.methods, ...DecoderService.methods].map(({ localName }: DescMethod) => localName);
    expect([...Object.keys(rpcs), ...ofNoPicture].sort()).toEqual([...new Set(all)].sort());
  });

  // What a tenant has deleted is refused for a while, whoever had it: that comes last.
  const isDeleting = (name: string) => /^delete|^forget/.test(name);
  const names = Object.keys(rpcs).sort((a, b) => Number(isDeleting(a)) - Number(isDeleting(b)));
  it.each(names)("is like one that nobody has, by %s: same answer, same work", async (name) => {
    const servers = name in encoder ? cluster.encoders : cluster.decoders;
    for (const { address } of servers) {
      await using client = closing(new RpcClient(address));
      const ask = (id: string) =>
        (rpcs[name] as Ask)(client.rpc, id).catch(({ code, message, reason, retryAfterMs }) => ({
          code,
          message,
          reason,
          retryAfterMs,
        }));
      const stranger = nobodys();
      const none = await watched(() => ask(stranger));
      const others = await watched(() => ask(imageId));
      expect(anonymous(others.outcome, imageId)).toEqual(anonymous(none.outcome, stranger));
      expect(others.done).toEqual(none.done);
    }
    expect(await click("acme", imageId)).toBe(200);
  });

  it("is no more deleted by another than one that nobody has", async () => {
    const erase = (id: string) => answerOf(`/v1/images/${id}`, { method: "DELETE" });
    const none = await watched(() => erase(nobodys()));
    const others = await watched(() => erase(imageId));
    expect(others).toEqual(none);
    expect(await click("acme", imageId)).toBe(200);
  });

  it("is uploaded as one that nobody has, with its id named and without: all bytes are read, and it is encoded again", async () => {
    for (const byId of [false, true]) {
      const [known, unknown] = [await newPicture(), await newPicture()];
      await send("acme", known);
      const upload = (picture: Buffer) => watched(() => send("zeta", picture, byId ? `?id=${imageIdOf(picture)}` : ""));
      const [none, others] = [await upload(unknown), await upload(known)];
      const told = (lines: Record<string, unknown>[]) =>
        lines.map((line) => ({ kind: Object.keys(line), cached: (line.ready as { cached?: boolean })?.cached }));
      expect(told(others.outcome)).toEqual(told(none.outcome));
      expect(others.done).toEqual(none.done);
      expect(others.done['maskwire_encodes_total{outcome="encoded"}']).toBe(1);
    }
  });
});

describe("what is deleted", () => {
  /** Keys of the shared cache with a tenant's name in them, but for the note that something was deleted. */
  async function keysOf(tenant: string): Promise<string[]> {
    const client = createClient({ url: cluster.redis.url });
    await client.connect();
    const keys = await client.keys("*");
    client.destroy();
    return keys.filter((key) => key.includes(`:t=${tenant}:`) && !key.startsWith("maskwire:deleted:"));
  }

  /** Asks every process by itself whether it has a tenant's picture, in memory, in its workers or from the cache. */
  async function holders(tenant: string, imageId: string): Promise<string[]> {
    const found: string[] = [];
    const origin = { tenant };
    for (const { address } of cluster.encoders) {
      await using client = closing(new RpcClient(address));
      const { image } = await client.rpc.unary(encoder.lookupImage, { imageId }, { origin });
      if (image) found.push(`encoder ${address}`);
    }
    for (const { address } of cluster.decoders) {
      await using client = closing(new RpcClient(address));
      const answer = await client.rpc
        .unary(decoder.segmentOnce, { imageId, prompt }, { origin })
        .catch(({ message }) => String(message));
      if (typeof answer !== "string") found.push(`decoder ${address}`);
      else expect(answer).toContain("not in the cache");
    }
    return found;
  }

  /** Has it everywhere: in the cache, at its encoder, at both decoders and in their workers. */
  async function spread(tenant: string, picture: Buffer): Promise<string> {
    const imageId = imageIdOf(picture);
    await send(tenant, picture);
    expect(await holders(tenant, imageId)).toHaveLength(4);
    return imageId;
  }

  const erase = (tenant: string, path: string) => gateway.ask(tenant, path, { method: "DELETE" });

  it("K4 is gone from the shared cache and from every process, and is there for the other tenant that has it", async () => {
    const picture = await newPicture();
    const imageId = await spread("acme", picture);
    await spread("zeta", picture);
    const kept = await spread("acme", await newPicture());
    expect((await erase("acme", `/v1/images/${imageId}`)).status).toBe(204);
    expect(await holders("acme", imageId)).toEqual([]);
    expect((await keysOf("acme")).filter((key) => key.includes(imageId))).toEqual([]);
    expect(await holders("acme", kept)).toHaveLength(4);
    expect(await holders("zeta", imageId)).toHaveLength(4);
    expect(await click("acme", imageId)).toBe(404);
    // Uploaded again, it is new to every worker.
    await send("acme", picture);
    for (const { address } of cluster.decoders) {
      await using client = closing(new RpcClient(address));
      const ask = () => client.rpc.unary(decoder.segmentOnce, { imageId, prompt }, { origin: { tenant: "acme" } });
      const sources = [await ask(), await ask()].map(({ outcome }) => (outcome.value as SegmentResult).embeddingSource);
      expect(sources).toEqual([EmbeddingSource.STORE, EmbeddingSource.WORKER]);
    }
  });

  it("K5 is everything of a tenant, and nothing of another", async () => {
    const [one, two] = [await spread("acme", await newPicture()), await spread("acme", await newPicture())];
    const others = await spread("zeta", await newPicture());
    const nameless = await newPicture();
    await fetch(`${cluster.gateway.url}/v1/images`, { method: "POST", body: nameless as Buffer<ArrayBuffer> });
    expect((await erase("acme", "/v1/images?confirm=acme")).status).toBe(204);
    expect(await keysOf("acme")).toEqual([]);
    for (const imageId of [one, two]) expect(await holders("acme", imageId)).toEqual([]);
    expect(await holders("zeta", others)).toHaveLength(4);
    const found = await fetch(`${cluster.gateway.url}/v1/images/${imageIdOf(nameless)}`);
    expect(found.status).toBe(200);
    // A gateway that asks nobody who he is has one tenant without a name.
    expect((await fetch(`${cluster.gateway.url}/v1/images?confirm=all`, { method: "DELETE" })).status).toBe(204);
    expect((await fetch(`${cluster.gateway.url}/v1/images/${imageIdOf(nameless)}`)).status).toBe(404);
    expect(await holders("zeta", others)).toHaveLength(4);
    expect((await erase("acme", "/v1/tenants/zeta")).status).toBe(204);
    expect(await keysOf("zeta")).toEqual([]);
    expect(await holders("zeta", others)).toEqual([]);
  });

  it("K6 is not put back by the encode that is under way, which ends for who waits", async () => {
    const picture = await newPicture();
    const imageId = imageIdOf(picture);
    const reply = await gateway.ask("acme", "/v1/images", {
      method: "POST",
      body: picture as Buffer<ArrayBuffer>,
      headers: { accept: "application/x-ndjson" },
    });
    const lines = eventLines(reply);
    const { value: first } = await lines.next();
    expect(Object.keys(first as object)).toEqual(["encoding"]);
    expect((await erase("acme", `/v1/images/${imageId}`)).status).toBe(204);
    expect((await allLines(lines)).at(-1)).toMatchObject({ error: { code: "NOT_FOUND" } });
    // Encoders take one picture after the other: when the next is done, so is what was left of this one.
    for (let turn = 0; turn < 2; turn++) await send("acme", await newPicture());
    expect((await keysOf("acme")).filter((key) => key.includes(imageId))).toEqual([]);
    expect(await holders("acme", imageId)).toEqual([]);
  });

  it("K6 ends everything mode, and a session that has it open hears of it at its next click", async () => {
    const imageId = await spread("acme", await newPicture());
    await using client = await SocketClient.join(gateway.url, { protocols: gateway.protocols("acme") });
    await client.openReady(imageId);
    const reply = await gateway.ask("acme", "/v1/everything", {
      method: "POST",
      body: JSON.stringify({ imageId, pointsPerSide: 64, mode: "EVERYTHING_MODE_EXHAUSTIVE" }),
    });
    const lines = eventLines(reply);
    await lines.next();
    expect((await erase("acme", `/v1/images/${imageId}`)).status).toBe(204);
    expect((await allLines(lines)).at(-1)).toMatchObject({ error: { code: "NOT_FOUND" } });
    client.segment({ sequence: 1, imageId, prompt });
    await client.imageUntil("missing");
    expect(await holders("acme", imageId)).toEqual([]);
  });

  it("K7 is told to be certain only when every decoder has been told", async () => {
    const imageId = await spread("acme", await newPicture());
    const [lost, stays] = cluster.decoders;
    const port = new URL(lost?.url ?? "").port;
    await lost?.[Symbol.asyncDispose]();
    const refused = await erase("acme", `/v1/images/${imageId}`);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await keysOf("acme")).filter((key) => key.includes(imageId))).toEqual([]);
    cluster.decoders = stays ? [stays] : [];
    expect(await holders("acme", imageId)).toEqual([]);
    cluster.decoders.push(await cluster.startDecoder(port));
    await until(async () => (await erase("acme", `/v1/images/${imageId}`)).status === 204);
    expect(await holders("acme", imageId)).toEqual([]);
  });
});

describe("K3 where tenants share the work", () => {
  it("what another has had encoded is copied for who uploads it whole, and for nobody who only knows its id", async () => {
    const env = { MASKWIRE_DEDUPLICATE: "on", ...(await signingEnv()) };
    await using sharing = await Cluster.start({}, env, { encoders: 1, decoders: 1 });
    const addresses = {
      encoders: sharing.encoders.map(({ address }) => address),
      decoders: sharing.decoders.map(({ address }) => address),
    };
    await using shared = await TenantGateway.start(addresses, ["acme", "zeta"]);
    const encodes = async () => {
      const counts = sharing.encoders.map(({ adminUrl }) =>
        metric(adminUrl, 'maskwire_encodes_total{outcome="encoded"}'),
      );
      return (await Promise.all(counts)).reduce((sum, one) => sum + one, 0);
    };
    const picture = await newPicture();
    const imageId = imageIdOf(picture);
    const upload = (tenant: string) =>
      shared.ask(tenant, "/v1/images", { method: "POST", body: picture as Buffer<ArrayBuffer> });
    const segment = (tenant: string) =>
      shared.ask(tenant, "/v1/segment", { method: "POST", body: JSON.stringify({ imageId, prompt }) });
    const masks = async (tenant: string) => ((await (await segment(tenant)).json()) as { masks: unknown }).masks;
    expect((await upload("acme")).status).toBe(200);
    expect((await segment("zeta")).status).toBe(404);
    expect((await shared.ask("zeta", `/v1/images/${imageId}`)).status).toBe(404);
    const answer = await upload("zeta");
    expect(await answer.json()).toMatchObject({ image: { imageId, width: 640, height: 480 }, cached: false });
    expect(await encodes()).toBe(1);
    expect(await masks("zeta")).toEqual(await masks("acme"));
    // It is its own: the other's deletion takes nothing of it, and leaves nothing to copy.
    expect((await shared.ask("acme", `/v1/images/${imageId}`, { method: "DELETE" })).status).toBe(204);
    expect((await segment("zeta")).status).toBe(200);
    expect((await shared.ask("zeta", "/v1/images?confirm=zeta", { method: "DELETE" })).status).toBe(204);
    const client = createClient({ url: sharing.redis.url });
    await client.connect();
    const keys = await client.keys("*");
    client.destroy();
    expect(keys.filter((key) => !key.startsWith("maskwire:deleted:"))).toEqual([]);
    expect((await upload("acme")).status).toBe(200);
    expect(await encodes()).toBe(2);
  });
});

/** Records that are signed, so that a copy has to be signed for its own tenant. */
async function signingEnv(): Promise<Record<string, string>> {
  folder = await mkdtemp(join(tmpdir(), "maskwire-tenants-"));
  const path = join(folder, "keys");
  await writeFile(path, `ours:${"ab".repeat(32)}\n`);
  return { MASKWIRE_CACHE_SIGNING_KEY_FILE: path };
}

function closing(rpc: RpcClient): AsyncDisposable & { rpc: RpcClient } {
  return { rpc, [Symbol.asyncDispose]: async () => rpc.close() };
}
