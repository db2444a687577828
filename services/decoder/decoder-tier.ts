import { DecoderService } from "../../proto/index.js";
import { Admission } from "../inference/admission.js";
import type { Models } from "../inference/models/models.js";
import { OnceStarted } from "../inference/once-started.js";
import { reportToHost } from "../inference/workers/report-to-host.js";
import { WorkerPool } from "../inference/workers/worker-pool.js";
import { serve } from "../runtime/grpc/serve.js";
import type { Host, Tier } from "../runtime/host.js";
import type { Stores } from "../stores/open-stores.js";
import { EverythingPlaces } from "./everything/everything-places.js";
import { type DecoderFiles, decoderFiles } from "./graphs/decoder-files.js";
import type { ServedGraphs } from "./graphs/served-graphs.js";
import { createMetrics } from "./metrics.js";
import { EmbeddingCache } from "./pictures/embedding-cache.js";
import { type DecoderPool, Pictures } from "./pictures/pictures.js";
import { withWords } from "./prompts/decode-words.js";
import { PromptDecoder } from "./prompts/prompt-decoder.js";
import { describeGraphs } from "./rpc/describe-graphs.js";
import { fetchGraph } from "./rpc/fetch-graph.js";
import { forgetImages } from "./rpc/forget-images.js";
import { loadEmbedding } from "./rpc/load-embedding.js";
import { prepare } from "./rpc/prepare.js";
import { segment } from "./rpc/segment.js";
import { segmentEverything } from "./rpc/segment-everything.js";
import { segmentOnce } from "./rpc/segment-once.js";
import type { DecoderSettings } from "./settings.js";
import type { DecoderWorkerData } from "./worker/decoder-worker.js";

/** A worker keeps at least two pictures ready, however many workers share the memory. */
const leastShareBytes = 24 * 1024 * 1024;

/** The decoder's workers and the embeddings they work on. Stateless towards its callers. */
export class DecoderTier implements Tier {
  readonly name = "decoder";
  readonly services = [DecoderService.typeName];
  readonly #settings: DecoderSettings;
  readonly #host: Host;
  readonly #models: Models;
  readonly #admission: Admission;
  readonly #ttlMs: number;
  readonly #pool = new OnceStarted<DecoderPool>(this.name);
  readonly #graphs: ServedGraphs = new OnceStarted(this.name);

  constructor(host: Host, settings: DecoderSettings, models: Models, stores: Stores) {
    this.#host = host;
    this.#settings = settings;
    this.#models = models;
    this.#admission = new Admission(host.overload);
    const [admission, pool, graphs] = [this.#admission, this.#pool, this.#graphs];
    const { workers, maxQueue, cacheBytes, everything: limits } = settings;
    const { deletion, ttlMs, leaseMs } = stores;
    this.#ttlMs = ttlMs;
    const embeddings = new EmbeddingCache(stores.embeddings, { maxBytes: cacheBytes, ttlMs, refuseMs: leaseMs });
    host.overload.onRelief("shrink-caches", () => embeddings.shrink());
    const metrics = createMetrics(host.metrics, { maxQueue, waiting: () => pool.now?.waiting ?? 0, embeddings });
    const pictures = new Pictures(embeddings, pool);
    const single = new PromptDecoder({ admission, models, pictures, pool, onDecoded: metrics.decoded });
    const prompts = {
      decode: withWords((request, call) => single.decode(request, call), {
        modelId: (id) => models.serving(id).id,
        workers,
      }),
    };
    const onLimit = host.metrics.limitHit;
    const places = new EverythingPlaces({ admission, maxQueue, workers, onLimit });
    serve(
      host.rpc,
      DecoderService,
      {
        segment: segment(prompts, host.onRefused),
        segmentOnce: segmentOnce(prompts),
        prepare: prepare({ admission, models, pictures }),
        segmentEverything: segmentEverything({ models, pictures, places, workers, limits }),
        loadEmbedding: loadEmbedding({ admission, models, embeddings }),
        forgetImages: forgetImages({ pictures, deletion }),
        describeGraphs: describeGraphs(models, graphs),
        fetchGraph: fetchGraph(models, graphs),
      },
      {
        signal: host.forced,
        logger: host.logger,
        onRefused: host.onRefused,
        access: host.access,
        quota: host.quota,
        trustsPeers: settings.trustsPeers,
        asksCertificates: host.asksCertificates,
        scopes: {
          segment: "segment",
          segmentOnce: "segment",
          prepare: "segment",
          segmentEverything: "everything",
          loadEmbedding: "peer",
          forgetImages: "upload",
          describeGraphs: "segment",
          fetchGraph: "segment",
        },
      },
    );
  }

  /** Verifies, loads and warms the models. @throws when a file is not the manifest's or a graph cannot be loaded. */
  async start(): Promise<void> {
    const { graphsDir, hungMs, workers, threads, maxQueue, cacheBytes } = this.#settings;
    const { logger, metrics } = this.#host;
    const models: DecoderWorkerData["models"] = [];
    for (const model of this.#models.served) {
      const path = await this.#models.verified(model.decoder);
      const files = await decoderFiles(model, path, graphsDir);
      models.push({ model, files });
      if (files.kind === "stock") logger.warn({ reason: files.reason }, "serving the stock decoder, which is slower");
    }
    this.#graphs.set(new Map(models.map(({ model, files }): [string, DecoderFiles] => [model.id, files])));
    const pool: DecoderPool = await WorkerPool.start({
      entry: new URL("./worker/decoder-worker.js", import.meta.url),
      data: ({ isFirst }): DecoderWorkerData => ({
        models,
        widths: isFirst && threads > 1 ? { wide: threads, narrow: 1 } : { narrow: 1 },
        cacheBytes: Math.max(leastShareBytes, Math.floor(cacheBytes / workers)),
        ttlMs: this.#ttlMs,
      }),
      size: workers,
      maxQueue,
      what: "prompts",
      onDisplaced: () => metrics.limitHit("queue_place"),
      hungMs,
      ...reportToHost(this.#host, this),
    });
    this.#pool.set(pool);
    logger.info({ tier: this.name, models: pool.details[0], workers, threads }, "decoder ready");
  }

  readiness() {
    const pool = this.#pool.now;
    return {
      ready: pool?.isServing === true,
      detail: { models: pool?.details[0] ?? {}, waiting: pool?.waiting ?? 0 },
    };
  }

  async drain(signal: AbortSignal): Promise<void> {
    this.#admission.end();
    await this.#pool.now?.drain(signal);
  }

  async close(): Promise<void> {
    await this.#pool.now?.close();
  }
}
