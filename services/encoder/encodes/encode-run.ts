import type { EmbeddingRef } from "../../inference/models/embedding-ref.js";
import type { OnceStarted } from "../../inference/once-started.js";
import type { WorkerPool } from "../../inference/workers/worker-pool.js";
import { Code, ServiceError } from "../../runtime/errors.js";
import type { CallContext } from "../../runtime/grpc/serve.js";
import { shortImageId } from "../../runtime/tracing/origin.js";
import type { Span } from "../../runtime/tracing/spans.js";
import type { EmbeddingStore } from "../../stores/embedding-store.js";
import type { Lease } from "../../stores/leases.js";
import type { ImageLimits } from "../images/open-picture.js";
import type { EncodedImage, EncodeTask } from "../worker/encoder-tasks.js";
import type { Progress } from "./encode-flights.js";
import type { DecodedInLine, EncodeLine } from "./encode-line.js";
import type { PictureSource } from "./picture-source.js";
import { writeNews } from "./progress-news.js";
import { findReady, imageInfo, type Ready } from "./ready.js";
import type { Urgency } from "./urgency.js";

export type EncoderPool = WorkerPool<EncodeTask, EncodedImage>;

/** What pictures go through. */
export interface EncoderParts {
  line: EncodeLine;
  pool: EncoderPool;
}

/** Milliseconds that a picture spent in each stage. */
export interface StageTimes {
  queue: number;
  preprocess: number;
  encode: number;
  store: number;
}

export interface EncodeRunOptions {
  parts: OnceStarted<EncoderParts>;
  embeddings: EmbeddingStore;
  limits: ImageLimits;
  onEncoded: (times: StageTimes) => void;
}

/** An encode under way: who hears of it, what ends it, whether people wait for it, and the call that began it. */
export interface Flight extends Pick<CallContext, "signal" | "origin" | "span" | "logger"> {
  report: (progress: Progress) => void;
  urgency: Urgency;
}

/** A picture from its file to its embedding in the store. */
export class EncodeRun {
  readonly #options: EncodeRunOptions;
  readonly #ref: EmbeddingRef;
  readonly #flight: Flight;
  #decoded: DecodedInLine | undefined;

  constructor(options: EncodeRunOptions, ref: EmbeddingRef, flight: Flight) {
    this.#options = options;
    this.#ref = ref;
    this.#flight = flight;
  }

  /** It waits for the model no more; safe to call twice. */
  leaveLine(): void {
    this.#decoded?.leave();
  }

  /**
   * Decodes the picture once it is its turn, in a process of its own.
   * @throws ServiceError as the source and `PictureProcesses.read` do; RESOURCE_EXHAUSTED when too many are in line.
   */
  async decode(source: PictureSource): Promise<void> {
    const { parts, limits } = this.#options;
    const { signal, origin, report, urgency } = this.#flight;
    const { model, crop } = this.#ref;
    const { size, resize } = model.preprocess;
    const file = await source.file();
    const { line } = parts.get();
    urgency.waitsAt(() => line.hasten(file));
    this.#decoded = await line.read(
      file,
      { limits, rules: { size, resize }, crop },
      {
        signal,
        urgent: urgency.isUrgent,
        caller: origin.caller,
        onPosition: (position, etaMs) => report({ stage: "queued", position, etaMs }),
      },
    );
    const { width, height } = this.#decoded.picture;
    await source.isPicture({ width, height });
  }

  /**
   * Encodes what was decoded, and stores the embedding.
   * @param lease of this work, if there is one.
   * @throws ServiceError as `WorkerPool.run`; UNAVAILABLE when nobody could keep the embedding.
   */
  async encode(lease: Lease | undefined): Promise<Ready> {
    const { parts, embeddings, onEncoded } = this.#options;
    const { signal, origin, span, logger, report, urgency } = this.#flight;
    const { imageId, model, crop } = this.#ref;
    const { picture, waitedMs, readMs } = this.#decoded as DecodedInLine;
    const { pool } = parts.get();
    const tell = (progress: Progress) => {
      const since = performance.now();
      report(progress);
      // Those who wait for it at other encoders.
      lease?.tell(() => writeNews(progress, performance.now() - since));
    };
    const task: EncodeTask = { ...picture, imageId, modelId: model.id, ...(crop ? { crop } : {}) };
    urgency.waitsAt(() => pool.hasten(task));
    let queueMs = 0;
    const startedAt = performance.now();
    const { record, preprocessMs, encodeMs } = await pool.run(task, {
      signal,
      urgent: urgency.isUrgent,
      caller: origin.caller,
      onPosition: (position, etaMs) => tell({ stage: "queued", position, etaMs }),
      onStart: (info) => {
        this.leaveLine();
        queueMs = info.queueMs;
        tell({ stage: "encoding" });
      },
    });
    const encodedAt = performance.now();
    if (lease && !lease.isHeld) {
      // Somebody else may have taken over; what is there stays.
      logger.warn({ image: shortImageId(imageId) }, "the lease of an encode ran out before it was done");
      const ready = await findReady(embeddings, this.#ref);
      if (ready) return ready;
    }
    const reach = await embeddings.set(this.#ref, record, origin.caller);
    if (reach === "nowhere") throw cacheLost();
    const storeMs = performance.now() - encodedAt;
    const times = { queue: waitedMs + queueMs, preprocess: readMs + preprocessMs, encode: encodeMs, store: storeMs };
    onEncoded(times);
    trace(span, { startedAt, queueMs, preprocessMs, encodeMs, encodedAt, storeMs });
    const { width, height, reading } = picture;
    logger.debug({ image: shortImageId(imageId), width, height, ...times }, "picture encoded");
    return {
      image: imageInfo(imageId, width, height, reading),
      model: model.id,
      cached: false,
      timings: { queueMs: times.queue, preprocessMs: times.preprocess, encodeMs, storeMs },
      unshared: reach === "here",
    };
  }
}

function trace(
  span: Span,
  at: Record<"startedAt" | "queueMs" | "preprocessMs" | "encodeMs" | "encodedAt" | "storeMs", number>,
) {
  const runAt = at.startedAt + at.queueMs;
  const encodeAt = runAt + at.preprocessMs;
  span.past("queue", at.startedAt, runAt);
  const run = span.past("worker run", runAt, at.encodedAt);
  run.past("preprocess", runAt, encodeAt);
  run.past("encode", encodeAt, encodeAt + at.encodeMs);
  span.past("store", at.encodedAt, at.encodedAt + at.storeMs);
}

/** Nobody would ever find the embedding: better said than encoded, uploaded and encoded again. */
function cacheLost(): ServiceError {
  const message =
    "The shared cache cannot be reached and the encoder has no room to keep the picture's embedding; try again shortly.";
  return new ServiceError({ code: Code.UNAVAILABLE, message, retryAfterMs: 2000, reason: "CACHE_LOST" });
}
