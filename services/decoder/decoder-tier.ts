import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  DecoderService,
  EmbeddingSource,
  MaskFormat,
  maxFormats,
  type PrepareRequest,
  type SegmentRequest,
  type SegmentResultSchema,
} from "../../proto/index.js";
import { type EmbeddingRef, embeddingRef } from "../inference/models/embedding-ref.js";
import type { ModelSpec } from "../inference/models/manifest.js";
import type { Models } from "../inference/models/models.js";
import { stopped } from "../inference/workers/pool-errors.js";
import { reportToHost } from "../inference/workers/report-to-host.js";
import { type TaskOptions, WorkerPool } from "../inference/workers/worker-pool.js";
import { Code, invalidArgument, overloaded, ServiceError } from "../runtime/errors.js";
import { type CallContext, serve } from "../runtime/grpc/serve.js";
import type { Host, Tier } from "../runtime/host.js";
import { checkImageId } from "../runtime/image-id.js";
import { Shares } from "../runtime/limits/shares.js";
import { Counter, Gauge, Histogram, latencyBuckets } from "../runtime/metrics.js";
import { logFields, shortImageId } from "../runtime/tracing/origin.js";
import { noSpan, type Span } from "../runtime/tracing/spans.js";
import type { CheckedPrompt, PictureSize } from "../sam/prompts/check-prompt.js";
import type { Region } from "../sam/region.js";
import type { Stores } from "../stores/open-stores.js";
import type { Settings } from "../stores/settings.js";
import { type DecoderFiles, decoderFiles } from "./graphs/decoder-files.js";
import { describeGraphs, fetchGraph } from "./graphs/hand-out-graphs.js";
import { loadEmbedding } from "./load-embedding.js";
import { EmbeddingCache } from "./pictures/embedding-cache.js";
import { maskMessage } from "./pictures/mask-message.js";
import { checkPrompt } from "./prompts/check-prompt.js";
import { PreviewsUnderWay } from "./prompts/previews-under-way.js";
import { segment, segmentOnce } from "./segment.js";
import { segmentEverything } from "./segment-everything.js";
import type { DecodedPrompt, DecoderResult, DecoderTask, PrepareTask, PromptTask } from "./worker/decoder-tasks.js";
import type { DecoderWorkerData } from "./worker/decoder-worker.js";

type Result = MessageInitShape<typeof SegmentResultSchema>;

/** Of some megabytes each. */
const maxLoads = 32;
const loadRetryMs = 200;

/** Times as long as a prompt mostly takes. */
const hangsAfter = 3;

/** A worker keeps at least two pictures ready, however many workers share the memory. */
const leastShareBytes = 24 * 1024 * 1024;

/** About what a picture in everything mode takes. */
const everythingRetryMs = 10_000;

/** What a task says for itself; the picture is filled in. */
type OwnPart<T extends DecoderTask> = T extends DecoderTask
  ? Omit<T, "key" | "record" | "width" | "height" | "modelId">
  : never;

/** Whom work is for, and until when. */
export interface Asker {
  readonly signal: AbortSignal;
  readonly caller: string | undefined;
}

/** A picture that prompts can be run on. */
export interface PictureTasks extends PictureSize {
  readonly ref: EmbeddingRef;
  /** The embedding was in this process already. */
  readonly local: boolean;
  /**
   * @throws ServiceError RESOURCE_EXHAUSTED, CANCELLED, UNAVAILABLE; see `WorkerPool.run`. NOT_FOUND when the embedding turns
   *   out to be damaged: have it encoded again. Once a task of a picture has been done, none of it finds that.
   */
  run<T extends DecoderTask>(
    task: OwnPart<T>,
    options?: Pick<TaskOptions, "urgent" | "staysWithKey" | "onStart">,
  ): Promise<DecoderResult<T>>;
}

/** Owns the decoder's workers and the embeddings they work on. Stateless towards its callers. */
export class DecoderTier implements Tier {
  readonly name = "decoder";
  readonly services = [DecoderService.typeName];
  readonly #settings: Settings;
  readonly models: Models;
  readonly #host: Host;
  readonly embeddings: EmbeddingCache;
  /** What its workers run; undefined until it is known. */
  graphs: { readonly model: ModelSpec; readonly files: DecoderFiles } | undefined;
  readonly #metrics: DecoderMetrics;
  readonly #previews = new PreviewsUnderWay();
  #pool: WorkerPool<DecoderTask, DecoderResult<DecoderTask>> | undefined;
  /** Pictures that everything mode works on. All of them together may fill half of the queue: the rest is for people. */
  readonly #everything: Shares;
  /** Embeddings that are being sent here. */
  #loads = 0;
  #isDraining = false;

  constructor(host: Host, settings: Settings, models: Models, stores: Stores) {
    this.#host = host;
    this.#settings = settings;
    this.models = models;
    const { workers, maxQueue } = settings.decoder;
    this.#everything = new Shares(Math.max(1, Math.floor(maxQueue / (2 * workers))));
    this.embeddings = new EmbeddingCache(stores.embeddings, settings.decoder.cacheBytes);
    host.overload.addCache(() => this.embeddings.shrink());
    host.metrics.hasWorkers(this.name);
    this.#metrics = createMetrics(host, settings.decoder.maxQueue, () => this.#pool?.waiting ?? 0, this.embeddings);
    serve(
      host.rpc,
      DecoderService,
      {
        segment: (requests, send, context) => segment(this, requests, send, context, host.onRefused),
        segmentOnce: (request, context) => segmentOnce(this, request, context),
        loadEmbedding: (requests) => loadEmbedding(this, requests),
        prepare: (request, context) => this.prepare(request, context),
        segmentEverything: (request, send, context) => segmentEverything(this, request, send, context),
        describeGraphs: (request) => describeGraphs(this, request),
        fetchGraph: (request, send, context) => fetchGraph(this, request, send, context),
      },
      {
        signal: host.forced,
        logger: host.logger,
        onRefused: host.onRefused,
        // A process of this tier alone is behind the gateways; one with everything in it takes calls from anybody.
        trustsPeers: settings.role !== "all",
      },
    );
  }

  /** Verifies, loads and warms the model. @throws when a file is not the manifest's or the graph cannot be loaded. */
  async start(): Promise<void> {
    const { workers, threads, maxQueue, cacheBytes } = this.#settings.decoder;
    const [model] = this.models.served;
    const path = await this.models.verified(model.decoder);
    const files = await decoderFiles(model, path, this.#settings.modelCacheDir);
    this.graphs = { model, files };
    if (files.kind === "stock")
      this.#host.logger.warn({ reason: files.reason }, "serving the stock decoder, which is slower");
    this.#pool = await WorkerPool.start({
      entry: new URL("./worker/decoder-worker.js", import.meta.url),
      data: ({ isFirst }): DecoderWorkerData => ({
        models: [{ model, files }],
        widths: isFirst && threads > 1 ? { wide: threads, narrow: 1 } : { narrow: 1 },
        cacheBytes: Math.max(leastShareBytes, Math.floor(cacheBytes / workers)),
      }),
      size: workers,
      maxQueue,
      what: "prompts",
      onDisplaced: () => this.#host.metrics.limitHit("queue_place"),
      hungMs: this.#settings.hungMs,
      ...reportToHost(this.#host, this),
    });
    this.#host.logger.info({ tier: this.name, models: this.#pool.details[0], workers, threads }, "decoder ready");
  }

  readiness() {
    return {
      ready: this.#pool?.isServing === true,
      detail: { models: this.#pool?.details[0] ?? {}, waiting: this.#pool?.waiting ?? 0 },
    };
  }

  async drain(signal: AbortSignal): Promise<void> {
    this.#isDraining = true;
    await this.#pool?.drain(signal);
  }

  async close(): Promise<void> {
    await this.#pool?.close();
  }

  /** Tasks that can run at once. */
  get workers(): number {
    return this.#settings.decoder.workers;
  }

  /** What one picture may take in everything mode. */
  get everythingLimits(): { maxPoints: number; deadlineMs: number } {
    return this.#settings.decoder.everything;
  }

  /**
   * One more picture for everything mode (E9).
   * @returns to be called when it is done. @throws ServiceError RESOURCE_EXHAUSTED, UNAVAILABLE with a retry hint.
   */
  enterEverything(caller: string): () => void {
    this.#checkOpen();
    this.#host.overload.check("everything");
    const refusal = this.#everything.refusal(caller);
    if (!refusal) return this.#everything.take(caller);
    this.#host.metrics.limitHit(refusal === "full" ? "everything" : "everything_share");
    throw overloaded(
      refusal === "full"
        ? "Too many pictures are in everything mode already; try again later."
        : `You have ${this.#everything.heldBy(caller)} pictures in everything mode already; wait until one is done.`,
      everythingRetryMs,
    );
  }

  /**
   * One more embedding that is sent here. Each takes its bytes until it is kept.
   * @returns to be called when it is done. @throws ServiceError RESOURCE_EXHAUSTED, UNAVAILABLE with a retry hint.
   */
  enterLoad(): () => void {
    this.#checkOpen();
    if (this.#loads >= maxLoads) throw overloaded("Too many embeddings are being sent here; try again.", loadRetryMs);
    this.#loads++;
    return () => {
      this.#loads--;
    };
  }

  /**
   * A picture's embedding, or that of a part of it, and the workers that use it for that caller.
   * @throws ServiceError INVALID_ARGUMENT (image id, model), NOT_FOUND (no embedding: have it encoded), UNAVAILABLE.
   */
  async openPicture(imageId: string, modelId: string, { signal, caller }: Asker, crop?: Region): Promise<PictureTasks> {
    const pool = this.#pool;
    if (!pool) {
      throw new ServiceError({ code: Code.UNAVAILABLE, message: "The decoder is starting.", retryAfterMs: 500 });
    }
    const ref = embeddingRef({ imageId: checkImageId(imageId), model: this.models.serving(modelId), crop });
    const found = await this.embeddings.get(ref);
    if (!found) throw notEmbedded(crop);
    const { embedding } = found;
    const { record, width, height } = embedding;
    const { key } = ref;
    return {
      width,
      height,
      ref,
      local: found.local,
      run: async (task, options) => {
        const whole = { ...task, key, record, width, height, modelId: ref.model.id } as DecoderTask;
        try {
          return (await pool.run(whole, { ...options, signal, caller, key })) as never;
        } catch (error) {
          if (!(error instanceof ServiceError && error.code === Code.DATA_LOSS)) throw error;
          // A damaged record is no better than none.
          await this.embeddings.reject(embedding);
          throw notEmbedded(crop, error);
        }
      },
    };
  }

  /**
   * One prompt -> its masks.
   * @throws ServiceError as `openPicture`, INVALID_ARGUMENT (prompt), RESOURCE_EXHAUSTED (queue full, with a retry hint),
   *   CANCELLED.
   */
  async decode(request: SegmentRequest, { signal, origin, span, logger }: DecodeContext): Promise<Result> {
    this.#checkOpen();
    this.#host.overload.check(request.preview ? "previews" : "clicks");
    const started = performance.now();
    const { caller } = origin;
    if (request.formats.length > maxFormats) throw invalidArgument(`A request has at most ${maxFormats} formats.`);
    const picture = await this.openPicture(request.imageId, request.model, { signal, caller });
    const prompt = checkPrompt(request.prompt, picture, picture.ref.model.decoder.maskGrid);
    const fetchedAt = performance.now();
    const fetchMs = fetchedAt - started;
    const isFollowing = await this.#follow(picture.ref.key, prompt);
    let queueMs = 0;
    let ended = () => {};
    const decoded = await picture
      .run<PromptTask>(
        {
          kind: "prompt",
          prompt,
          preview: request.preview,
          multimask: request.multimask,
          png: request.formats.includes(MaskFormat.PNG),
          lowResLogits: request.formats.includes(MaskFormat.LOW_RES_LOGITS),
        },
        {
          urgent: !request.preview,
          staysWithKey: isFollowing,
          onStart: () => {
            queueMs = performance.now() - fetchedAt;
            if (request.preview) ended = this.#previews.begin(picture.ref.key, prompt);
          },
        },
      )
      .finally(() => ended());
    const { prepareMs, decodeMs, maskMs } = decoded;
    const timings = { queueMs, embeddingMs: fetchMs + prepareMs, decodeMs, maskMs };
    const source = embeddingSource(decoded.warm, picture.local);
    // Counted once the answer has been written: the one who asked does not wait for it.
    const doneAt = performance.now();
    setImmediate(() => {
      this.#metrics.observe(timings, source, decoded.isPreviewed);
      if (span !== noSpan) traceDecode(span, { startedAt: started, doneAt, fetchMs, queueMs, ...decoded }, source);
      if (logger.isLevelEnabled("debug")) {
        const image = shortImageId(picture.ref.imageId);
        logger.debug({ ...logFields({}, span), sequence: request.sequence, image, ...timings }, "prompt decoded");
      }
    });
    return {
      imageId: picture.ref.imageId,
      model: picture.ref.model.id,
      masks: decoded.masks.map((mask) => maskMessage(mask, picture)),
      timings,
      embeddingSource: source,
    };
  }

  /**
   * Waits for a preview that runs and asks the same, while another worker is free: when all are busy a prompt takes its place in
   * the line instead. @returns whether there was one: its candidates are where it ran.
   */
  async #follow(key: string, prompt: CheckedPrompt): Promise<boolean> {
    if (!this.#pool?.isFree) return false;
    const end = this.#previews.same(key, prompt, hangsAfter * this.#pool.taskMs);
    await end;
    return end !== undefined;
  }

  /** Makes a picture ready for its first prompt, when no prompt waits. @throws ServiceError as `decode`. */
  async prepare({ imageId, model }: PrepareRequest, { signal, origin }: Pick<CallContext, "signal" | "origin">) {
    this.#checkOpen();
    const picture = await this.openPicture(imageId, model, { signal, caller: origin.caller });
    const { warm } = await picture.run<PrepareTask>({ kind: "prepare" });
    return { embeddingSource: embeddingSource(warm, picture.local) };
  }

  /** New work is another decoder's once this one drains, also on streams that stay open. @throws ServiceError UNAVAILABLE. */
  #checkOpen(): void {
    if (this.#isDraining) throw stopped();
  }
}

/** What a prompt's decode needs of its call. */
export type DecodeContext = Pick<CallContext, "signal" | "origin" | "span" | "logger">;

/** The stages as spans, from what was measured here and in the worker's thread. */
function traceDecode(
  span: Span,
  at: { startedAt: number; doneAt: number; fetchMs: number; queueMs: number } & Omit<DecodedPrompt, "masks">,
  source: EmbeddingSource,
): void {
  const fetchedAt = at.startedAt + at.fetchMs;
  const runAt = fetchedAt + at.queueMs;
  const preparedAt = runAt + at.prepareMs;
  const decodedAt = preparedAt + at.decodeMs;
  span.past("embedding", at.startedAt, fetchedAt, { "maskwire.embedding": EmbeddingSource[source].toLowerCase() });
  span.past("queue", fetchedAt, runAt);
  const run = span.past("worker run", runAt, at.doneAt);
  run.past("prepare embedding", runAt, preparedAt);
  run.past("decode", preparedAt, decodedAt);
  run.past("mask", decodedAt, decodedAt + at.maskMs);
}

function notEmbedded(crop: Region | undefined, cause?: unknown): ServiceError {
  const message = crop
    ? `The embedding of the part ${crop.width} x ${crop.height} at (${crop.x}, ${crop.y}) is not in the cache; encode it.`
    : "The picture's embedding is not in the cache; encode it.";
  return new ServiceError({ code: Code.NOT_FOUND, message, cause });
}

function embeddingSource(warm: boolean, local: boolean): EmbeddingSource {
  if (warm) return EmbeddingSource.WORKER;
  return local ? EmbeddingSource.PROCESS : EmbeddingSource.STORE;
}

type DecoderMetrics = ReturnType<typeof createMetrics>;

function createMetrics({ metrics }: Host, maxQueue: number, waiting: () => number, cache: EmbeddingCache) {
  const registers = [metrics];
  new Gauge({
    name: "maskwire_decoder_queue_depth",
    help: "Prompts that wait for a worker",
    registers,
    collect() {
      this.set(waiting());
    },
  });
  new Gauge({ name: "maskwire_decoder_queue_limit", help: "Prompts that may wait for a worker", registers }).set(
    maxQueue,
  );
  new Counter({
    name: "maskwire_decoder_cache_evictions_total",
    help: "Embeddings that this process gave up for the room of others",
    registers,
    collect() {
      this.reset();
      this.inc(cache.evictions);
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
  const previewed = new Counter({
    name: "maskwire_decodes_previewed_total",
    help: "Prompts answered with what the preview before them had found, without a run",
    registers,
  });
  return {
    observe(timings: Record<string, number>, source: EmbeddingSource, isPreviewed: boolean) {
      if (isPreviewed) previewed.inc();
      decodes.inc({ embedding: EmbeddingSource[source].toLowerCase() });
      for (const [stage, ms] of Object.entries(timings))
        seconds.observe({ stage: stage.replace(/Ms$/, "") }, ms / 1000);
    },
  };
}
