import { DecoderService, EmbeddingSource } from "../../proto/index.js";
import { inFrame } from "../../services/inference/models/in-frame.js";
import { Manifest } from "../../services/inference/models/manifest.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { createMetrics } from "../../services/runtime/host-metrics.js";
import { createLogger } from "../../services/runtime/logger.js";
import { EmbeddingStore } from "../../services/stores/embedding-store.js";
import { SigningKeys } from "../../services/stores/signing-keys.js";
import { openConnectedStore, serverOf } from "../../services/stores/testing/connected-store.js";
import { madeEmbedding } from "../support/made-embeddings.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { RedisServer } from "../support/redis-server.js";
import { testSettings } from "../support/start-maskwire.js";
import { atMost, type Outcome, type Suite } from "./report.js";
import { median, p50p95 } from "./statistics.js";

const warmUpRounds = 5;
const rounds = 60;

type Way = "cold" | "prepared" | "warm";
interface Sample {
  total: number;
  embedding: number;
  decode: number;
}

export const suite: Suite = {
  title: `${rounds} first clicks on a decoder that must fetch the picture from Redis, and as many on one that has it`,
  async run(): Promise<Outcome> {
    await using redis = await RedisServer.start();
    const imageIds = await storePictures(redis.url, 2 * (warmUpRounds + rounds));
    await using decoder = await MaskwireProcess.start({
      MASKWIRE_ROLE: "decoder",
      MASKWIRE_CACHE_URL: redis.url,
      MASKWIRE_LOG_LEVEL: "error",
    });
    const rpc = new RpcClient(decoder.address);
    try {
      const samples: Record<Way, Sample[]> = { cold: [], prepared: [], warm: [] };
      const prepareMs: number[] = [];
      for (let round = 0; round < warmUpRounds + rounds; round++) {
        const fresh = imageIds[2 * round] as string;
        const other = imageIds[2 * round + 1] as string;
        const cold = await click(rpc, fresh, EmbeddingSource.STORE);
        const warm = await click(rpc, fresh, EmbeddingSource.WORKER);
        const startedAt = performance.now();
        await rpc.unary(DecoderService.method.prepare, { imageId: other });
        const tookMs = performance.now() - startedAt;
        const prepared = await click(rpc, other, EmbeddingSource.WORKER);
        if (round < warmUpRounds) continue;
        for (const [way, sample] of Object.entries({ cold, prepared, warm })) samples[way as Way].push(sample);
        prepareMs.push(tookMs);
      }
      return report(samples, prepareMs);
    } finally {
      rpc.close();
    }
  },
};

async function storePictures(url: string, count: number): Promise<string[]> {
  const manifest = Manifest.read();
  const model = inFrame(manifest.get(manifest.defaultId), testSettings().models.frame);
  const metrics = createMetrics();
  const { cache, limits } = testSettings();
  const { namespace, ttlMs } = cache;
  const events = { onError() {}, onAnswer() {} };
  const blobs = await openConnectedStore(serverOf(url), { namespace: `${namespace}:embedding`, ttlMs, events });
  const store = new EmbeddingStore(blobs, { metrics, logger: createLogger("error"), limits, keys: new SigningKeys() });
  const imageIds: string[] = [];
  for (let seed = 0; seed < count; seed++) {
    const { ref, record } = madeEmbedding(seed, model);
    if (!(await store.set(ref, record))) throw new Error("Redis did not keep the embedding");
    imageIds.push(ref.imageId);
  }
  await blobs.close();
  metrics.close();
  return imageIds;
}

async function click(rpc: RpcClient, imageId: string, source: EmbeddingSource): Promise<Sample> {
  const prompt = { points: [{ x: 300, y: 240 }] };
  const startedAt = performance.now();
  const { outcome } = await rpc.unary(DecoderService.method.segmentOnce, { imageId, prompt });
  const total = performance.now() - startedAt;
  if (outcome.case !== "result") throw new Error("the decoder answered without a result");
  const { embeddingSource, timings } = outcome.value;
  if (embeddingSource !== source) {
    throw new Error(`the embedding came from ${EmbeddingSource[embeddingSource]}, not ${EmbeddingSource[source]}`);
  }
  return { total, embedding: timings?.embeddingMs ?? 0, decode: timings?.decodeMs ?? 0 };
}

function report(samples: Record<Way, Sample[]>, prepareMs: number[]): Outcome {
  // Each first click against the warm one of its own round: what the machine does meanwhile is in both.
  const over = (way: Way) => samples[way].map(({ total }, round) => total - (samples.warm[round]?.total ?? Number.NaN));
  const stages = (way: Way) => ({
    total: p50p95(samples[way].map(({ total }) => total)),
    embedding: p50p95(samples[way].map(({ embedding }) => embedding)),
    decode: p50p95(samples[way].map(({ decode }) => decode)),
  });
  return {
    bars: [
      atMost("first click on a cold decoder, over a warm one", median(over("cold")), 30, "ms"),
      atMost(
        "first click on a decoder that was told of the picture, over a warm one",
        median(over("prepared")),
        5,
        "ms",
      ),
    ],
    detail: {
      rounds,
      "cold, ms": stages("cold"),
      "prepared, ms": stages("prepared"),
      "warm, ms": stages("warm"),
      "to prepare a picture, ms": p50p95(prepareMs),
      "cold over warm, ms": p50p95(over("cold")),
    },
  };
}
