import { DecoderService } from "../../proto/index.js";
import { Admission } from "../inference/admission.js";
import { describeModels } from "../inference/models/describe-models.js";
import { listModels } from "../inference/models/list-models.js";
import { modelMetrics } from "../inference/models/model-metrics.js";
import type { Models } from "../inference/models/models.js";
import { OnceStarted } from "../inference/once-started.js";
import { serve } from "../runtime/grpc/serve.js";
import type { Host, Tier } from "../runtime/host.js";
import type { Stores } from "../stores/open-stores.js";
import { EverythingPlaces } from "./everything/everything-places.js";
import { createMetrics } from "./metrics.js";
import { EmbeddingCache } from "./pictures/embedding-cache.js";
import { Pictures } from "./pictures/pictures.js";
import { withWords } from "./prompts/decode-words.js";
import { PromptDecoder } from "./prompts/prompt-decoder.js";
import { describeGraphs } from "./rpc/describe-graphs.js";
import { fetchGraph } from "./rpc/fetch-graph.js";
import { forgetImages } from "./rpc/forget-images.js";
import { loadEmbedding } from "./rpc/load-embedding.js";
import { prepare } from "./rpc/prepare.js";
import { propagate } from "./rpc/propagate.js";
import { segment } from "./rpc/segment.js";
import { segmentEverything } from "./rpc/segment-everything.js";
import { segmentOnce } from "./rpc/segment-once.js";
import type { DecoderSettings } from "./settings.js";
import { type StartedDecoder, startDecoder } from "./start-decoder.js";
import { MemoryCache } from "./track/memory-cache.js";
import type { DecoderDetail } from "./worker/decoder-tasks.js";

/** The decoder's workers and the embeddings they work on. Stateless towards its callers. */
export class DecoderTier implements Tier {
  readonly name = "decoder";
  readonly services = [DecoderService.typeName];
  readonly #settings: DecoderSettings;
  readonly #host: Host;
  readonly #models: Models;
  readonly #admission: Admission;
  readonly #ttlMs: number;
  readonly #parts = new OnceStarted<StartedDecoder>(this.name);
  readonly #modelMetrics: ReturnType<typeof modelMetrics>;

  constructor(host: Host, settings: DecoderSettings, models: Models, stores: Stores) {
    this.#host = host;
    this.#settings = settings;
    this.#models = models;
    this.#admission = new Admission(host.overload);
    const [admission, parts] = [this.#admission, this.#parts];
    const { workers, maxQueue, cacheBytes, memoryBytes, everything: limits } = settings;
    const { deletion, ttlMs, leaseMs } = stores;
    this.#ttlMs = ttlMs;
    const embeddings = new EmbeddingCache(stores.embeddings, { maxBytes: cacheBytes, ttlMs, refuseMs: leaseMs });
    const memories = new MemoryCache({ maxBytes: memoryBytes, ttlMs });
    host.overload.onRelief("shrink-caches", () => {
      embeddings.shrink();
      memories.shrink();
    });
    const waiting = () => parts.now?.pool.waiting ?? 0;
    const metrics = createMetrics(host.metrics, { maxQueue, waiting, embeddings, memories });
    const pictures = new Pictures(embeddings, parts, memories);
    const ofModels = modelMetrics(host.metrics, this.name);
    this.#modelMetrics = ofModels;
    const single = new PromptDecoder({
      admission,
      models,
      pictures,
      parts,
      onDecoded: (times, source, isPreviewed, modelId) => {
        metrics.decoded(times, source, isPreviewed);
        ofModels.used(modelId);
      },
    });
    const prompts = {
      decode: withWords((request, call) => single.decode(request, call), {
        serving: (id) => models.serving(id),
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
        propagate: propagate({ admission, models, pictures, embeddings, memories }),
        loadEmbedding: loadEmbedding({ admission, models, embeddings }),
        forgetImages: forgetImages({ pictures, deletion }),
        describeGraphs: describeGraphs(models, parts),
        fetchGraph: fetchGraph(models, parts),
        listModels: listModels(models),
      },
      {
        signal: host.forced,
        logger: host.logger,
        onRefused: host.onRefused,
        access: host.access,
        quota: host.quota,
        audit: host.audit,
        trustsPeers: settings.trustsPeers,
        asksCertificates: host.asksCertificates,
        scopes: {
          segment: "segment",
          segmentOnce: "segment",
          prepare: "segment",
          segmentEverything: "everything",
          propagate: "segment",
          loadEmbedding: "peer",
          forgetImages: "upload",
          describeGraphs: "segment",
          fetchGraph: "segment",
          listModels: "segment",
        },
      },
    );
  }

  /** Verifies, loads and warms the models. @throws when a file is not the manifest's or a graph cannot be loaded. */
  async start(): Promise<void> {
    const { workers, threads } = this.#settings;
    const parts = await startDecoder({
      settings: this.#settings,
      models: this.#models,
      host: this.#host,
      tier: this,
      ttlMs: this.#ttlMs,
      onLoaded: () => this.#noteLoaded(),
    });
    this.#parts.set(parts);
    this.#noteLoaded();
    this.#host.logger.info({ tier: this.name, models: parts.pool.details[0], workers, threads }, "decoder ready");
  }

  #noteLoaded(): void {
    const parts = this.#parts.now;
    if (parts) this.#modelMetrics.loaded(this.#models.served, parts.pool.details as DecoderDetail[]);
  }

  readiness() {
    const parts = this.#parts.now;
    const details = (parts?.pool.details ?? []) as DecoderDetail[];
    return {
      ready: parts?.pool.isServing === true,
      detail: { models: describeModels(this.#models, parts?.models, details), waiting: parts?.pool.waiting ?? 0 },
    };
  }

  async drain(signal: AbortSignal): Promise<void> {
    this.#admission.end();
    await this.#parts.now?.pool.drain(signal);
  }

  async close(): Promise<void> {
    await this.#parts.now?.pool.close();
  }
}
