import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  DecoderService,
  EmbeddingSource,
  MaskFormat,
  type SegmentRequest,
  type SegmentResultSchema,
} from "../../proto/index.js";
import { Code, ServiceError } from "../runtime/errors.js";
import { serve } from "../runtime/grpc/serve.js";
import type { Host, Tier } from "../runtime/host.js";
import { checkImageId } from "../runtime/image-id.js";
import { Counter, Gauge, Histogram, latencyBuckets } from "../runtime/metrics.js";
import type { Manifest, ModelSpec } from "../runtime/models/manifest.js";
import { verifyModelFile } from "../runtime/models/model-file.js";
import type { Settings } from "../runtime/settings.js";
import type { Stores } from "../runtime/stores/open-stores.js";
import { WorkerPool } from "../runtime/workers/worker-pool.js";
import type { DecodedMask, DecodedPrompt, DecoderWorkerData, DecodeTask } from "./decoder-worker.js";
import { EmbeddingCache } from "./embedding-cache.js";
import { decoderFiles } from "./graphs/decoder-files.js";
import { checkPrompt } from "./prompts/check-prompt.js";
import { segment, segmentOnce } from "./segment.js";

type Result = MessageInitShape<typeof SegmentResultSchema>;

/** Side of SAM's grid of mask logits. */
const gridSize = 256;

/** Owns the decoder's workers and the embeddings they work on. Stateless towards its callers. */
export class DecoderTier implements Tier {
  readonly name = "decoder";
  readonly services = [DecoderService.typeName];
  readonly #settings: Settings;
  readonly #manifest: Manifest;
  readonly #host: Host;
  readonly #embeddings: EmbeddingCache;
  readonly #metrics: DecoderMetrics;
  #pool: WorkerPool<DecodeTask, DecodedPrompt> | undefined;

  constructor(host: Host, settings: Settings, manifest: Manifest, stores: Stores) {
    this.#host = host;
    this.#settings = settings;
    this.#manifest = manifest;
    this.#embeddings = new EmbeddingCache(stores.embeddings, settings.decoder.cacheBytes);
    this.#metrics = createMetrics(host, () => this.#pool?.waiting ?? 0, this.#embeddings);
    serve(
      host.grpc,
      DecoderService,
      {
        segment: (requests, send, context) => segment(this, requests, send, context, host.logger),
        segmentOnce: (request, context) => segmentOnce(this, request, context),
      },
      { signal: host.forced, logger: host.logger },
    );
  }

  /** Verifies, loads and warms the model. @throws when a file is not the manifest's or the graph cannot be loaded. */
  async start(): Promise<void> {
    const { workers, threads, maxQueue, cacheBytes } = this.#settings.decoder;
    const model = this.#model("");
    const path = await verifyModelFile(model.decoder, this.#manifest);
    const files = await decoderFiles(model, path, this.#settings.modelCacheDir);
    if (files.kind === "stock")
      this.#host.logger.warn({ reason: files.reason }, "serving the stock decoder, which is slower");
    this.#pool = await WorkerPool.start({
      entry: new URL("./decoder-worker.js", import.meta.url),
      data: ({ isFirst }): DecoderWorkerData => ({
        models: [{ model, files }],
        widths: isFirst && threads > 1 ? { wide: threads, narrow: 1 } : { narrow: 1 },
        cacheBytes: Math.floor(cacheBytes / workers),
      }),
      size: workers,
      maxQueue,
      what: "prompts",
      signal: this.#host.forced,
      onWorkerLost: (err) => this.#host.logger.error({ err }, "decoder worker lost; another takes its place"),
    });
    this.#host.logger.info({ tier: this.name, models: this.#pool.details[0], workers, threads }, "decoder ready");
  }

  readiness() {
    return {
      ready: this.#pool !== undefined,
      detail: { models: this.#pool?.details[0] ?? {}, waiting: this.#pool?.waiting ?? 0 },
    };
  }

  async drain(signal: AbortSignal): Promise<void> {
    await this.#pool?.drain(signal);
  }

  async close(): Promise<void> {
    await this.#pool?.close();
  }

  /**
   * One prompt -> its masks.
   * @throws ServiceError INVALID_ARGUMENT (prompt, image id, model), NOT_FOUND (no embedding: have it encoded),
   *   RESOURCE_EXHAUSTED (queue full, with a retry hint), CANCELLED.
   */
  async decode(request: SegmentRequest, signal: AbortSignal): Promise<Result> {
    const pool = this.#pool;
    if (!pool)
      throw new ServiceError({ code: Code.UNAVAILABLE, message: "The decoder is starting.", retryAfterMs: 500 });
    const started = performance.now();
    const imageId = checkImageId(request.imageId);
    const model = this.#model(request.model);
    const found = await this.#embeddings.get(imageId, model);
    if (!found) {
      throw new ServiceError({
        code: Code.NOT_FOUND,
        message: "The picture's embedding is not in the cache; encode it.",
      });
    }
    const { key, record, width, height } = found.embedding;
    const prompt = checkPrompt(request.prompt, { width, height }, gridSize);
    const fetchMs = performance.now() - started;
    let queueMs = 0;
    const decoded = await pool.run(
      {
        key,
        record,
        width,
        height,
        modelId: model.id,
        prompt,
        multimask: request.multimask,
        png: request.formats.includes(MaskFormat.PNG),
        lowResLogits: request.formats.includes(MaskFormat.LOW_RES_LOGITS),
      },
      {
        signal,
        key,
        urgent: !request.preview,
        onStart: (info) => {
          queueMs = info.queueMs;
        },
      },
    );
    const timings = {
      queueMs,
      embeddingMs: fetchMs + decoded.prepareMs,
      decodeMs: decoded.decodeMs,
      maskMs: decoded.maskMs,
    };
    const source = embeddingSource(decoded.warm, found.local);
    this.#metrics.observe(timings, source);
    return {
      imageId,
      model: model.id,
      masks: decoded.masks.map((mask) => toMessage(mask, width, height, decoded.gridSize)),
      timings,
      embeddingSource: source,
    };
  }

  #model(id: string): ModelSpec {
    return this.#manifest.get(id || (this.#settings.model ?? this.#manifest.defaultId));
  }
}

function toMessage(
  mask: DecodedMask,
  width: number,
  height: number,
  grid: number,
): NonNullable<Result["masks"]>[number] {
  const { lowResLogits } = mask;
  return {
    rle: { size: [height, width], counts: mask.counts },
    bbox: mask.box,
    area: mask.area,
    predictedIou: mask.predictedIou,
    stabilityScore: mask.stabilityScore,
    ...(mask.png ? { png: mask.png } : {}),
    ...(lowResLogits
      ? { lowResLogits: { width: grid, height: grid, data: new Uint8Array(lowResLogits.buffer as ArrayBuffer) } }
      : {}),
  };
}

function embeddingSource(warm: boolean, local: boolean): EmbeddingSource {
  if (warm) return EmbeddingSource.WORKER;
  return local ? EmbeddingSource.PROCESS : EmbeddingSource.STORE;
}

type DecoderMetrics = ReturnType<typeof createMetrics>;

function createMetrics({ metrics }: Host, waiting: () => number, cache: EmbeddingCache) {
  const registers = [metrics];
  new Gauge({
    name: "maskwire_decoder_queue_depth",
    help: "Prompts that wait for a worker",
    registers,
    collect() {
      this.set(waiting());
    },
  });
  new Gauge({
    name: "maskwire_decoder_cache_bytes",
    help: "Bytes of embeddings that this process keeps",
    registers,
    collect() {
      this.set(cache.bytes);
    },
  });
  const decodes = new Counter({
    name: "maskwire_decodes_total",
    help: "Prompts decoded, by where the embedding was found",
    labelNames: ["embedding"],
    registers,
  });
  const seconds = new Histogram({
    name: "maskwire_decode_seconds",
    help: "Time of a decode by stage",
    labelNames: ["stage"],
    buckets: latencyBuckets,
    registers,
  });
  return {
    observe(timings: Record<string, number>, source: EmbeddingSource) {
      decodes.inc({ embedding: EmbeddingSource[source].toLowerCase() });
      for (const [stage, ms] of Object.entries(timings))
        seconds.observe({ stage: stage.replace(/Ms$/, "") }, ms / 1000);
    },
  };
}
