import { createHash } from "node:crypto";
import { toJson } from "@bufbuild/protobuf";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import { DescribeGraphsResponseSchema } from "../../proto/index.js";
import { invalidArgument, isInternal } from "../../services/runtime/errors.js";
import type { Metrics } from "../../services/runtime/host-metrics.js";
import { replyError } from "../../services/runtime/http/reply-error.js";
import { checkImageId } from "../../services/runtime/image-id.js";
import type { Logger } from "../../services/runtime/logger.js";
import type { Ask } from "../ask/ask.js";
import { callOf } from "./call-of.js";
import { Places } from "./places.js";
import type { UnsentAnswers } from "./unsent-answers.js";

interface BrowserDecoding {
  ask: Pick<Ask, "embedding" | "describeGraphs" | "fetchGraph">;
  logger: Logger;
  metrics: Pick<Metrics, "limitHit">;
  unsentAnswers: UnsentAnswers;
}

/** The largest graph of the models there are is of 18 MiB. */
const maxGraphBytes = 64 * 1024 * 1024;
/** A graph is asked for once by every browser: kept here, the decoders are left to their work. */
const keptGraphBytes = 128 * 1024 * 1024;
/** Answers of some megabytes each that are made or on their way at once. */
const maxUnderWay = 32;
const retryAfterMs = 500;
const immutable = "max-age=31536000, immutable";

type ModelQuery = { Querystring: { model?: string } };
type ImageParams = { Params: { id: string } };
type GraphParams = { Params: { id: string; file: string } };

const descriptions = {
  embedding: {
    summary: "A picture's embedding, for who decodes by themselves",
    query: { model: "The id of a model that is served; the usual one when left out." },
    gives: { file: "The embedding's record." },
  },
  decoder: {
    summary: "What it takes to decode as this service does; the id is a model's, or `default`",
    gives: { message: DescribeGraphsResponseSchema },
  },
  graph: { summary: "A graph of the decoder's, by its digest", gives: { file: "An ONNX file." } },
};

/** What a browser decodes with by itself: a picture's embedding, and the decoder's graphs (D1 to D4). */
export async function browserDecoding(app: FastifyInstance, routes: BrowserDecoding): Promise<void> {
  const { ask, logger, metrics, unsentAnswers } = routes;
  const graphs = new LRUCache<string, Buffer>({
    maxSize: keptGraphBytes,
    sizeCalculation: ({ byteLength }) => byteLength,
  });
  const fetching = new Map<string, Promise<Buffer>>();
  // D4
  const places = new Places({
    count: maxUnderWay,
    limits: { full: "downloads", share: "downloads_share" },
    refusal: "Too many downloads at once; try again.",
    retryAfterMs,
    metrics,
  });

  const handle = (route: string, answer: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>) => {
    return async (request: FastifyRequest, reply: FastifyReply) => {
      try {
        return await answer(request, reply);
      } catch (error) {
        if (isInternal(error)) logger.error({ err: error, route }, "request failed");
        return replyError(reply, error);
      }
    };
  };

  app.get(
    "/v1/images/:id/embedding",
    { config: { describes: descriptions.embedding } },
    handle("GET /v1/images/:id/embedding", async (request, reply) => {
      const imageId = checkImageId((request.params as ImageParams["Params"]).id);
      const { model = "" } = request.query as ModelQuery["Querystring"];
      places.enter(request, reply);
      const record = await ask.embedding({ imageId, model }, callOf(request, reply));
      // Not for caches that others share, or that another of this browser's people finds.
      unsentAnswers.hold(reply, record.byteLength);
      return reply
        .header("cache-control", `private, ${immutable}`)
        .header("vary", "origin, authorization")
        .type("application/octet-stream")
        .send(record);
    }),
  );

  app.get(
    "/v1/models/:id/decoder",
    { config: { describes: descriptions.decoder } },
    handle("GET /v1/models/:id/decoder", async (request, reply) => {
      const { id } = request.params as ImageParams["Params"];
      const described = await ask.describeGraphs({ model: id === "default" ? "" : id }, callOf(request, reply));
      return reply.header("cache-control", "no-cache").send(toJson(DescribeGraphsResponseSchema, described));
    }),
  );

  app.get(
    "/v1/models/:id/decoder/:file",
    { config: { describes: descriptions.graph } },
    handle("GET /v1/models/:id/decoder/:file", async (request, reply) => {
      const { id, file } = request.params as GraphParams["Params"];
      const sha256 = /^([0-9a-f]{64})\.onnx$/.exec(file)?.[1];
      if (sha256 === undefined)
        throw invalidArgument("A graph's file is named by its SHA-256: 64 hex digits and .onnx.");
      places.enter(request, reply);
      const bytes = graphs.get(sha256) ?? (await fetchOnce(id === "default" ? "" : id, sha256));
      return reply.header("cache-control", `public, ${immutable}`).type("application/octet-stream").send(bytes);
    }),
  );

  /** Not by the caller's signal: others may have joined, and what was fetched is kept. */
  function fetchOnce(model: string, sha256: string): Promise<Buffer> {
    const known = fetching.get(sha256);
    if (known) return known;
    const fetched = fetchGraph(model, sha256).finally(() => fetching.delete(sha256));
    fetching.set(sha256, fetched);
    return fetched;
  }

  async function fetchGraph(model: string, sha256: string): Promise<Buffer> {
    const { signal } = new AbortController();
    const bytes = await ask.fetchGraph({ model, sha256, maxBytes: maxGraphBytes }, { signal });
    if (createHash("sha256").update(bytes).digest("hex") !== sha256) throw new Error(`graph ${sha256} came damaged`);
    graphs.set(sha256, bytes);
    return bytes;
  }
}
