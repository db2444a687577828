import { createHash } from "node:crypto";
import fastify, { type FastifyInstance } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { GraphRole } from "../../proto/index.js";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import type { Limit } from "../../services/runtime/limits/limit-hits.js";
import { fakeLogger } from "../../services/runtime/testing/fake-logger.js";
import { UnsentBytes } from "../limits/unsent-bytes.js";
import { askAt } from "../testing/ask-at.js";
import { type FakeServices, startServices } from "../testing/fake-services.js";
import { observeAsCallers } from "../testing/observe-as-callers.js";
import { browserDecoding } from "./browser-decoding.js";
import { UnsentAnswers } from "./unsent-answers.js";

const imageId = `sha256:${"a".repeat(64)}`;
const graph = Buffer.alloc(1_500_000, 7);
const sha256 = createHash("sha256").update(graph).digest("hex");
const notFound = () => new ServiceError({ code: Code.NOT_FOUND, message: "Not here." });

/** What limits refused in the test under way. */
const limitHits: Limit[] = [];
const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  limitHits.length = 0;
  for (const close of closing.splice(0).reverse()) await close();
});

async function start(
  ...methods: Parameters<typeof startServices>[0][]
): Promise<{ url: string; app: FastifyInstance }> {
  const services: FakeServices[] = [];
  for (const one of methods) services.push(await startServices(one));
  const door = askAt(services.map(({ address }) => address));
  const app = fastify({ forceCloseConnections: true });
  observeAsCallers(app);
  const metrics = { limitHit: (limit: Limit) => limitHits.push(limit) };
  const unsentAnswers = new UnsentAnswers(new UnsentBytes(1000), metrics);
  await app.register(browserDecoding, { ...door, logger: fakeLogger(), metrics, unsentAnswers });
  closing.push(
    ...services.map((one) => () => one[Symbol.asyncDispose]()),
    () => door.close(),
    () => app.close(),
  );
  return { url: await app.listen({ host: "127.0.0.1", port: 0 }), app };
}

const codeOf = async (response: Response) => ((await response.json()) as { error: { code: string } }).error.code;

describe("D1: a picture's embedding", () => {
  it("comes whole, to be kept by the one who asked", async () => {
    const asked: unknown[] = [];
    const { url } = await start({
      encoder: {
        fetchEmbedding: async (request, send) => {
          asked.push([request.imageId, request.model]);
          for (const chunk of [Uint8Array.of(1, 2), Uint8Array.of(3)]) await send({ chunk });
        },
      },
    });
    const response = await fetch(`${url}/v1/images/${imageId}/embedding?model=other`);
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("private, max-age=31536000, immutable");
    expect(response.headers.get("content-length")).toBe("3");
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([1, 2, 3]);
    expect(asked).toEqual([[imageId, "other"]]);
  });

  it("is 404 for a picture that is not encoded, and 400 for no id of a picture", async () => {
    const { url } = await start({
      encoder: {
        fetchEmbedding: async () => {
          throw notFound();
        },
      },
    });
    const response = await fetch(`${url}/v1/images/${imageId}/embedding`);
    expect([response.status, response.headers.get("cache-control")]).toEqual([404, null]);
    expect(await codeOf(response)).toBe("NOT_FOUND");
    expect((await fetch(`${url}/v1/images/cat/embedding`)).status).toBe(400);
  });
});

describe("D2: the decoder's graphs", () => {
  it("are told by digest, never from a cache", async () => {
    const step = { role: GraphRole.PROMPT_STEP, model: "usual", sha256, bytes: graph.byteLength };
    const { url } = await start({
      decoder: {
        describeGraphs: async ({ model }) => ({ model: model || "usual", graphs: [step] }),
      },
    });
    const response = await fetch(`${url}/v1/models/default/decoder`);
    expect(response.headers.get("cache-control")).toBe("no-cache");
    expect(await response.json()).toEqual({
      model: "usual",
      graphs: [{ ...step, role: "GRAPH_ROLE_PROMPT_STEP" }],
    });
    expect(await (await fetch(`${url}/v1/models/other/decoder`)).json()).toMatchObject({ model: "other" });
  });

  it("are 409 where the stock export is run", async () => {
    const { url } = await start({
      decoder: {
        describeGraphs: async () => {
          throw new ServiceError({ code: Code.FAILED_PRECONDITION, message: "The stock export." });
        },
      },
    });
    expect((await fetch(`${url}/v1/models/default/decoder`)).status).toBe(409);
  });
});

describe("D3: a graph's file", () => {
  const has = (count: { times: number }) => ({
    decoder: {
      fetchGraph: async (_request: unknown, send: (part: { chunk: Uint8Array }) => Promise<void>) => {
        count.times++;
        for (let at = 0; at < graph.byteLength; at += 1_000_000)
          await send({ chunk: graph.subarray(at, at + 1_000_000) });
      },
    },
  });
  const hasNot = {
    decoder: {
      fetchGraph: async () => {
        throw notFound();
      },
    },
  };

  it("is fetched once, from whichever decoder has it, and may be kept by all", async () => {
    const count = { times: 0 };
    const { url } = await start(hasNot, has(count), hasNot);
    for (const _ of [1, 2]) {
      const response = await fetch(`${url}/v1/models/default/decoder/${sha256}.onnx`);
      expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      expect(Buffer.from(await response.arrayBuffer()).equals(graph)).toBe(true);
    }
    expect(count.times).toBe(1);
  });

  it("is never one of another digest", async () => {
    const { url } = await start(has({ times: 0 }));
    const response = await fetch(`${url}/v1/models/default/decoder/${"b".repeat(64)}.onnx`);
    expect(response.status).toBe(500);
    expect(response.headers.get("cache-control")).toBe(null);
  });

  it("is 404 when no decoder has it, and 400 for another name", async () => {
    const { url } = await start(hasNot, hasNot);
    expect((await fetch(`${url}/v1/models/default/decoder/${sha256}.onnx`)).status).toBe(404);
    expect((await fetch(`${url}/v1/models/default/decoder/step.onnx`)).status).toBe(400);
  });
});

it("D4: more than 32 at once are told to come again, and one caller leaves room for others (A3)", async () => {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let asked = 0;
  const { url } = await start({
    encoder: {
      fetchEmbedding: async (_request, send) => {
        asked++;
        await released;
        await send({ chunk: Uint8Array.of(1) });
      },
    },
  });
  const get = (caller: string) =>
    fetch(`${url}/v1/images/${imageId}/embedding`, { headers: { "x-forwarded-for": caller } });
  const first = Array.from({ length: 24 }, () => get("203.0.113.7"));
  await expect.poll(() => asked).toBe(24);
  const beyondShare = await get("203.0.113.7");
  expect([beyondShare.status, beyondShare.headers.get("retry-after")]).toEqual([429, "1"]);
  const others = Array.from({ length: 8 }, (_, index) => get(`198.51.100.${index}`));
  await expect.poll(() => asked).toBe(32);
  const refused = await get("198.51.100.99");
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
  expect(limitHits).toEqual(["downloads_share", "downloads"]);
  release();
  for (const response of await Promise.all([...first, ...others])) {
    expect(response.status).toBe(200);
    await response.arrayBuffer();
  }
  expect((await get("203.0.113.7")).status).toBe(200);
});

it("B6: an embedding for which unread answers leave no room is refused; a graph, which is kept here, takes none of it", async () => {
  const { url } = await start({
    encoder: { fetchEmbedding: async (_request, send) => send({ chunk: Buffer.alloc(1001) }) },
    decoder: { fetchGraph: async (_request, send) => send({ chunk: graph }) },
  });
  const refused = await fetch(`${url}/v1/images/${imageId}/embedding`);
  expect([refused.status, await codeOf(refused)]).toEqual([429, "RESOURCE_EXHAUSTED"]);
  const taken = await fetch(`${url}/v1/models/default/decoder/${sha256}.onnx`);
  expect((await taken.arrayBuffer()).byteLength).toBe(graph.byteLength);
});
