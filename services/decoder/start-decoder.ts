import { stat } from "node:fs/promises";
import { bytesOfGraph } from "../inference/families/weights-of.js";
import type { ModelSpec } from "../inference/models/manifest.js";
import type { Models } from "../inference/models/models.js";
import { PreparedModels } from "../inference/models/prepared-models.js";
import { reportToHost } from "../inference/workers/report-to-host.js";
import { WorkerPool } from "../inference/workers/worker-pool.js";
import type { Host, Tier } from "../runtime/host.js";
import { type DecoderFiles, decoderFiles } from "./graphs/decoder-files.js";
import type { Widths } from "./graphs/load-decoder-graph.js";
import { memoryFiles } from "./graphs/memory-files.js";
import { productGraph } from "./graphs/product-graph.js";
import type { DecoderPool } from "./pictures/pictures.js";
import type { DecoderSettings } from "./settings.js";
import type { DecoderNews, DecoderWorkerData, LoadableDecoder } from "./worker/decoder-worker.js";

/** A worker keeps at least two pictures ready, however many workers share the memory. */
const leastShareBytes = 24 * 1024 * 1024;

/** What is started: the workers that decode, and what they can load. */
export interface StartedDecoder {
  pool: DecoderPool;
  models: PreparedModels<LoadableDecoder>;
}

interface Surroundings {
  settings: DecoderSettings;
  models: Models;
  host: Host;
  /** Whose parts they are. */
  tier: Tier;
  /** How long what is made ready is kept. */
  ttlMs: number;
  /** Told whenever what the workers have loaded has changed. */
  onLoaded: () => void;
}

/** Verifies, loads and warms the models. @throws when a file is not the manifest's or a graph cannot be loaded. */
export async function startDecoder({
  settings,
  models,
  host,
  tier,
  ttlMs,
  onLoaded,
}: Surroundings): Promise<StartedDecoder> {
  const { graphsDir, hungMs, workers, yielding, threads, maxQueue, cacheBytes, loadedBytes } = settings;
  const { logger, metrics } = host;
  const widthsOf = (isFirst: boolean): Widths =>
    isFirst && threads > 1 ? { wide: threads, narrow: 1 } : { narrow: 1 };
  const shareOf = (bytes: number) => Math.floor(bytes / (workers + yielding));
  let pool: DecoderPool | undefined;
  const prepared = new PreparedModels<LoadableDecoder>({
    prepare: async (model) => {
      const files = await decoderFiles(model, await models.verifiedGraph(model, "decoder"), graphsDir);
      if (files.kind === "stock") {
        logger.warn({ model: model.id, reason: files.reason }, "serving the stock decoder, which is slower");
      }
      const memory = await memoryFiles(model, models);
      return { model, files, memory, bytes: (await bytesOf(model, files)) + (memory?.bytes ?? 0) };
    },
    onReady: (loadable) => pool?.tell({ kind: "model", loadable } satisfies DecoderNews),
    onFailed: (model, err) => logger.error({ err, model: model.id }, "a model cannot be served"),
  });
  const atOnce = models.served.filter((model) => !models.isLazy(model));
  for (const model of atOnce) await prepared.begin(model);
  const products = productGraph();
  pool = await WorkerPool.start({
    entry: new URL("./worker/decoder-worker.js", import.meta.url),
    data: ({ isFirst, isYielding }): DecoderWorkerData => ({
      models: prepared.ready,
      atOnce: atOnce.map(({ id }) => id),
      loadedBytes: shareOf(loadedBytes),
      widths: widthsOf(isFirst),
      cacheBytes: Math.max(leastShareBytes, shareOf(cacheBytes)),
      ttlMs,
      isYielding,
      productGraph: products,
    }),
    size: workers,
    yielding,
    maxQueue,
    what: "prompts",
    onDisplaced: () => metrics.limitHit("queue_place"),
    onDetails: onLoaded,
    hungMs,
    ...reportToHost(host, tier),
  });
  return { pool, models: prepared };
}

/** Of the files of a decoder's graphs. */
async function bytesOf(model: ModelSpec, files: DecoderFiles): Promise<number> {
  if (files.kind === "stock") return bytesOfGraph(model, "decoder");
  const sizes = await Promise.all(Object.values(files.paths).map(async (path) => (await stat(path)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
