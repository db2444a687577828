import type { MessageInitShape } from "@bufbuild/protobuf";
import { type EncodeReadySchema, EncoderService } from "../../proto/index.js";
import type { EmbeddingRef } from "../inference/models/embedding-ref.js";
import type { ModelSpec } from "../inference/models/manifest.js";
import type { Models } from "../inference/models/models.js";
import { stopped } from "../inference/workers/pool-errors.js";
import { reportToHost } from "../inference/workers/report-to-host.js";
import { WorkerPool } from "../inference/workers/worker-pool.js";
import { Code, ServiceError } from "../runtime/errors.js";
import { type CallContext, serve } from "../runtime/grpc/serve.js";
import type { Host, Tier } from "../runtime/host.js";
import { Shares } from "../runtime/limits/shares.js";
import { UploadBudget } from "../runtime/limits/upload-budget.js";
import { Counter, Gauge, Histogram, latencyBuckets } from "../runtime/metrics.js";
import { shortImageId } from "../runtime/tracing/origin.js";
import type { Region } from "../sam/region.js";
import type { EmbeddingStore } from "../stores/embedding-store.js";
import type { ImageStore } from "../stores/image-store.js";
import type { Lease } from "../stores/leases.js";
import type { Stores } from "../stores/open-stores.js";
import type { Settings } from "../stores/settings.js";
import { EncodeFlights, type Progress } from "./encodes/encode-flights.js";
import { type DecodedInLine, EncodeLine, type LineReadOptions } from "./encodes/encode-line.js";
import { onceInCluster } from "./encodes/once-in-cluster.js";
import { readNews, writeNews } from "./encodes/progress-news.js";
import { notStarted, PictureProcesses } from "./pictures/picture-processes.js";
import { encode, findReady, imageInfo } from "./rpc/encode.js";
import { fetchEmbedding } from "./rpc/fetch-embedding.js";
import { lookupImage } from "./rpc/lookup-image.js";
import type { EncodedImage, EncoderWorkerData, EncodeTask } from "./worker/encoder-worker.js";

/** An encode under way: who hears of it, what ends it, and the call that began it. */
type Flight = Pick<CallContext, "signal" | "origin" | "span" | "logger"> & { report: (progress: Progress) => void };
type Ready = MessageInitShape<typeof EncodeReadySchema>;

/** After so many encodes that people wait for, one of a batch goes, if one waits. */
const patienceOfBulk = 4;

/** The rest of the queue is for people. */
const maxBulk = (maxQueue: number) => Math.max(1, Math.floor(maxQueue / 2));

interface UnderWay {
  isUrgent: boolean;
  /** Set once the upload is whole. */
  file?: Uint8Array;
  /** Set once the picture is read. */
  task?: EncodeTask;
  /** It waits in the encoder's line no more. */
  leaveLine?: () => void;
}

/** What becomes a task once it is known which picture of which model it is. */
type ReadImage = DecodedInLine["picture"] & Pick<DecodedInLine, "waitedMs" | "readMs">;

interface EncodeRun extends Flight {
  lease: Lease | undefined;
  urgent: boolean;
}

/** Owns the encoder's worker and the encodes under way. Pictures come in over RPC, embeddings go to the store. */
export class EncoderTier implements Tier {
  readonly name = "encoder";
  readonly services = [EncoderService.typeName];
  readonly embeddings: EmbeddingStore;
  readonly images: ImageStore;
  readonly limits: Settings["limits"];
  readonly uploads: UploadBudget;
  readonly #stores: Stores;
  readonly #settings: Settings;
  readonly models: Models;
  readonly #host: Host;
  readonly #flights = new EncodeFlights<Ready>();
  readonly #metrics: EncoderMetrics;
  #pool: WorkerPool<EncodeTask, EncodedImage> | undefined;
  #pictures: PictureProcesses | undefined;
  #startingPictures: Promise<PictureProcesses> | undefined;
  #line: EncodeLine | undefined;
  #running: Record<string, { provider: string }> = {};
  /** Uploads that wait for another encoder's work on the same picture. */
  readonly #elsewhere: Shares;
  /** What is under way, so that a person who joins it can make it urgent. */
  readonly #underWay = new Map<string, UnderWay>();
  #isDraining = false;

  constructor(host: Host, settings: Settings, models: Models, stores: Stores) {
    this.#host = host;
    this.#settings = settings;
    this.models = models;
    this.limits = settings.limits;
    this.uploads = new UploadBudget("uploads", settings.budgets.uploadBytes);
    host.metrics.watchBudget(this.uploads.bytes);
    this.#stores = stores;
    this.images = stores.images;
    this.embeddings = stores.embeddings;
    this.#elsewhere = new Shares(settings.encoder.maxQueue);
    host.metrics.hasWorkers(this.name);
    this.#metrics = createMetrics(host, settings.encoder.maxQueue, () => ({
      waiting: this.#line?.waiting ?? 0,
      undecoded: this.#pictures?.waiting ?? 0,
      processBytes: this.#pictures?.residentBytes ?? 0,
    }));
    host.countMemory(() => this.#pictures?.residentBytes ?? 0);
    serve(
      host.rpc,
      EncoderService,
      {
        encode: (requests, send, context) => encode(this, requests, send, context),
        fetchEmbedding: (request, send, context) => fetchEmbedding(this, request, send, context),
        lookupImage: (request) => lookupImage(this, request),
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

  /** Verifies, loads and warms the model. @throws when a file is not the manifest's or no provider can start. */
  async start(): Promise<void> {
    const { encoder } = this.#settings;
    const [model] = this.models.served;
    const path = await this.models.verified(model.encoder);
    const data: EncoderWorkerData = {
      models: [{ model, path }],
      providers: encoder.providers,
      threads: encoder.threads,
    };
    // At the same time, so that neither waits for the other.
    this.#startingPictures = this.#startPictures();
    this.#startingPictures.catch(() => {});
    this.#pool = await WorkerPool.start({
      entry: new URL("./worker/encoder-worker.js", import.meta.url),
      data: () => data,
      size: 1,
      maxQueue: encoder.maxQueue,
      maxOthers: maxBulk(encoder.maxQueue),
      patience: patienceOfBulk,
      what: "pictures",
      onDisplaced: () => this.#host.metrics.limitHit("queue_place"),
      hungMs: this.#settings.hungMs,
      ...reportToHost(this.#host, this),
    });
    this.#line = new EncodeLine(await this.#startingPictures, this.#pool, {
      maxQueue: encoder.maxQueue,
      maxOthers: maxBulk(encoder.maxQueue),
      // Whoever waits at another encoder hears of the line from the lease, which is taken once a picture is decoded.
      readAhead: encoder.maxQueue,
      onDisplaced: () => this.#host.metrics.limitHit("queue_place"),
    });
    this.#running = this.#pool.details[0] as Record<string, { provider: string }>;
    for (const [id, { provider }] of Object.entries(this.#running))
      this.#metrics.provider.set({ model: id, provider }, 1);
    this.#host.logger.info({ tier: this.name, models: this.#running, threads: encoder.threads }, "encoder ready");
  }

  readiness() {
    return {
      ready: this.#pool?.isServing === true && this.#pictures?.isServing === true,
      detail: { models: this.#running, waiting: this.#line?.waiting ?? 0 },
    };
  }

  async drain(signal: AbortSignal): Promise<void> {
    this.#isDraining = true;
    await this.#flights.drain(signal);
  }

  async close(): Promise<void> {
    // Of a start that failed they may still be on their way.
    await this.#startingPictures?.catch(() => {});
    await Promise.all([this.#pool?.close(), this.#pictures?.close()]);
  }

  /**
   * The picture in the model's frame, decoded in a process of its own once it is its turn.
   * @throws ServiceError as `PictureProcesses.read` does; RESOURCE_EXHAUSTED when too many are in line.
   */
  async #readPicture(
    file: Uint8Array,
    { preprocess: { size, resize } }: ModelSpec,
    crop: Region | undefined,
    options: LineReadOptions,
  ): Promise<DecodedInLine> {
    if (!this.#line) throw notStarted();
    const { limits } = this.#settings;
    return this.#line.read(file, { limits, rules: { size, resize }, crop }, options);
  }

  async #startPictures(): Promise<PictureProcesses> {
    const { encoder, limits } = this.#settings;
    const decodeBytes = limits.maxDecodeBytes;
    this.#pictures = await PictureProcesses.start({
      ...encoder.pictures,
      decodeBytes,
      patience: patienceOfBulk,
      mayBegin: () => this.#line?.mayRead !== false,
      onServing: () => this.#host.readinessChanged(this),
      onLost: (reason) => {
        this.#metrics.pictureLosses.inc({ reason });
        this.#host.logger.warn({ reason }, "a picture process was lost; another takes its place");
      },
    });
    const { budget, confinement } = this.#pictures;
    this.#host.metrics.watchBudget(budget);
    this.#host.logger.info({ ...encoder.pictures, decodeBytes, confinement }, "picture processes ready");
    return this.#pictures;
  }

  /** False while the shared cache does not answer. */
  get isCacheUp(): boolean {
    return this.#stores.isCacheUp();
  }

  isEncoding({ key }: EmbeddingRef): boolean {
    return this.#flights.has(key);
  }

  /** What is not under way yet is another encoder's once this one drains. @throws ServiceError UNAVAILABLE. */
  checkOpen(): void {
    if (this.#isDraining) throw stopped();
  }

  /** Before a picture's bytes are taken. @throws ServiceError RESOURCE_EXHAUSTED while overload keeps new pictures out. */
  checkLoad(): void {
    this.#host.overload.check("uploads");
  }

  /** True when an encode of that caller's that came now would be refused. */
  isFull(isBulk: boolean, caller: string | undefined): boolean {
    if (this.#elsewhere.refusal(caller ?? "")) return true;
    return this.#line?.hasRoomFor({ urgent: !isBulk, caller }) === false;
  }

  get retryAfterMs(): number {
    return this.#line?.retryAfterMs ?? 1000;
  }

  /**
   * Encodes a picture, or a part of it, unless somebody already does; either way resolves when its embedding is stored.
   * @param prepare has the upload read, and stores it; runs only for the caller that begins the encode.
   */
  async encodeOnce(
    ref: EmbeddingRef,
    isBulk: boolean,
    listener: (progress: Progress) => void,
    { signal, origin, span, logger }: Pick<CallContext, "signal" | "origin" | "span" | "logger">,
    prepare: (read: (file: Uint8Array) => Promise<ReadImage>) => Promise<ReadImage>,
  ): Promise<Ready> {
    const { key, imageId, model, crop } = ref;
    // A person who joins what a batch has begun does not wait as long as the batch.
    if (!isBulk) this.#hasten(key);
    if (this.#flights.has(key)) {
      this.#metrics.saved.inc({ by: "process" });
      span.note({ "maskwire.joined": true });
    } else {
      this.checkOpen();
    }
    return this.#flights.join(key, listener, signal, async (report, abandoned) => {
      const entry: UnderWay = { isUrgent: !isBulk };
      this.#underWay.set(key, entry);
      const read = async (file: Uint8Array): Promise<ReadImage> => {
        entry.file = file;
        const { picture, waitedMs, readMs, leave } = await this.#readPicture(file, model, crop, {
          signal: abandoned,
          urgent: entry.isUrgent,
          caller: origin.caller,
          onPosition: (position, etaMs) => report({ stage: "queued", position, etaMs }),
        });
        entry.leaveLine = leave;
        delete entry.file;
        return { ...picture, waitedMs, readMs };
      };
      try {
        const picture = await prepare(read);
        const task = { ...picture, imageId, modelId: model.id, ...(crop ? { crop } : {}) };
        entry.task = task;
        return await this.#encodeOnceInCluster(ref, task, {
          report,
          signal: abandoned,
          origin,
          span,
          logger,
        });
      } catch (error) {
        this.#metrics.encodes.inc({ outcome: "failed" });
        // A file that can never be encoded need not be kept; one that was refused or cut off may be asked for again.
        if (error instanceof ServiceError && error.reason === "DAMAGED_IMAGE") await this.images.delete(imageId);
        throw error;
      } finally {
        entry.leaveLine?.();
        // After one that everybody has left another may be under way already.
        if (this.#underWay.get(key) === entry) this.#underWay.delete(key);
      }
    });
  }

  #hasten(key: string): void {
    const entry = this.#underWay.get(key);
    if (!entry || entry.isUrgent) return;
    entry.isUrgent = true;
    if (entry.file) this.#line?.hasten(entry.file);
    if (entry.task) this.#pool?.hasten(entry.task);
  }

  async #encodeOnceInCluster(ref: EmbeddingRef, task: EncodeTask, flight: Flight): Promise<Ready> {
    const { key } = ref;
    const { report, signal, origin } = flight;
    const waitNoMore = this.#elsewhere.take(origin.caller ?? "");
    try {
      const { outcome, isOthers } = await onceInCluster<Ready>(this.#stores.leases, key, {
        find: () => findReady(this, ref),
        work: (lease) => {
          waitNoMore();
          const urgent = this.#underWay.get(key)?.isUrgent ?? true;
          return this.#encode(ref, task, { ...flight, lease, urgent });
        },
        onWait: (news) => {
          this.#underWay.get(key)?.leaveLine?.();
          report(readNews(news));
        },
        signal: AbortSignal.any([signal, this.#host.forced]),
      });
      if (isOthers) this.#metrics.saved.inc({ by: "cluster" });
      return outcome;
    } finally {
      waitNoMore();
    }
  }

  async #encode(
    ref: EmbeddingRef,
    task: EncodeTask,
    { report, signal, origin, span, logger, lease, urgent }: EncodeRun,
  ): Promise<Ready> {
    const pool = this.#pool;
    if (!pool) {
      const message = "The encoder is still loading its model.";
      throw new ServiceError({ code: Code.UNAVAILABLE, message, retryAfterMs: 1000 });
    }
    let waitedMs = 0;
    const tell = (progress: Progress) => {
      const since = performance.now();
      report(progress);
      // Those who wait for it at other encoders.
      lease?.tell(() => writeNews(progress, performance.now() - since));
    };
    const startedAt = performance.now();
    const { record, preprocessMs, encodeMs } = await pool.run(task, {
      signal,
      urgent,
      caller: origin.caller,
      onPosition: (position, etaMs) => tell({ stage: "queued", position, etaMs }),
      onStart: ({ queueMs }) => {
        this.#underWay.get(ref.key)?.leaveLine?.();
        waitedMs = queueMs;
        tell({ stage: "encoding" });
      },
    });
    const encodedAt = performance.now();
    if (lease && !lease.isHeld) {
      // Somebody else may have taken over; what is there stays.
      logger.warn({ image: shortImageId(ref.imageId) }, "the lease of an encode ran out before it was done");
      const ready = await findReady(this, ref);
      if (ready) return ready;
    }
    const reach = await this.embeddings.set(ref, record, origin.caller);
    if (reach === "nowhere") throw cacheLost();
    const storeMs = performance.now() - encodedAt;
    this.#metrics.encodes.inc({ outcome: "encoded" });
    const stages = {
      queue: task.waitedMs + waitedMs,
      preprocess: task.readMs + preprocessMs,
      encode: encodeMs,
      store: storeMs,
    };
    for (const [stage, ms] of Object.entries(stages)) this.#metrics.seconds.observe({ stage }, ms / 1000);
    const { imageId, model } = ref;
    const { width, height, reading, readMs } = task;
    const runAt = startedAt + waitedMs;
    span.past("queue", startedAt, runAt);
    const run = span.past("worker run", runAt, encodedAt);
    run.past("preprocess", runAt, runAt + preprocessMs);
    run.past("encode", runAt + preprocessMs, runAt + preprocessMs + encodeMs);
    span.past("store", encodedAt, encodedAt + storeMs);
    logger.debug({ image: shortImageId(imageId), width, height, ...stages }, "picture encoded");
    return {
      image: imageInfo(imageId, width, height, reading),
      model: model.id,
      cached: false,
      timings: { queueMs: task.waitedMs + waitedMs, preprocessMs: readMs + preprocessMs, encodeMs, storeMs },
      unshared: reach === "here",
    };
  }
}

/** Nobody would ever find the embedding: better said than encoded, uploaded and encoded again. */
function cacheLost(): ServiceError {
  const message =
    "The shared cache cannot be reached and the encoder has no room to keep the picture's embedding; try again shortly.";
  return new ServiceError({ code: Code.UNAVAILABLE, message, retryAfterMs: 2000, reason: "CACHE_LOST" });
}

type EncoderMetrics = ReturnType<typeof createMetrics>;

function createMetrics(
  { metrics }: Host,
  maxQueue: number,
  now: () => { waiting: number; undecoded: number; processBytes: number },
) {
  const registers = [metrics];
  new Gauge({
    name: "maskwire_encoder_queue_depth",
    help: "Pictures that wait to be encoded",
    registers,
    collect() {
      this.set(now().waiting);
    },
  });
  new Gauge({
    name: "maskwire_picture_queue_depth",
    help: "Of the pictures that wait to be encoded, those that are not decoded yet",
    registers,
    collect() {
      this.set(now().undecoded);
    },
  });
  new Gauge({
    name: "maskwire_picture_process_memory_bytes",
    help: "Resident memory of the processes that decode pictures",
    registers,
    collect() {
      this.set(now().processBytes);
    },
  });
  new Gauge({ name: "maskwire_encoder_queue_limit", help: "Pictures that may wait to be encoded", registers }).set(
    maxQueue,
  );
  return {
    encodes: new Counter({
      name: "maskwire_encodes_total",
      help: "Encodes by outcome: encoded or failed",
      labelNames: ["outcome"],
      registers,
    }),
    pictureLosses: pictureLosses(registers),
    saved: new Counter({
      name: "maskwire_encodes_saved_total",
      help: "Encodes that were not needed because the same was under way in this process, or elsewhere in the cluster",
      labelNames: ["by"],
      registers,
    }),
    seconds: new Histogram({
      name: "maskwire_encode_seconds",
      help: "Time of an encode by stage",
      labelNames: ["stage"],
      buckets: latencyBuckets,
      registers,
    }),
    provider: new Gauge({
      name: "maskwire_encoder_provider",
      help: "1 for the execution provider that runs the model",
      labelNames: ["model", "provider"],
      registers,
    }),
  };
}

function pictureLosses(registers: Host["metrics"][]) {
  const losses = new Counter({
    name: "maskwire_picture_losses_total",
    help: "Processes that were lost over a picture, by reason: time, memory or crash",
    labelNames: ["reason"],
    registers,
  });
  for (const reason of ["time", "memory", "crash"]) losses.inc({ reason }, 0);
  return losses;
}
