import type { EmbeddingRef } from "../../inference/models/embedding-ref.js";
import type { PreparedModels } from "../../inference/models/prepared-models.js";
import type { OnceStarted } from "../../inference/once-started.js";
import type { WorkerPool } from "../../inference/workers/worker-pool.js";
import { Code, ServiceError } from "../../runtime/errors.js";
import type { CallContext } from "../../runtime/grpc/serve.js";
import { shortImageId } from "../../runtime/tracing/origin.js";
import type { Span } from "../../runtime/tracing/spans.js";
import type { EmbeddingStore } from "../../stores/embedding-store.js";
import type { Lease } from "../../stores/leases.js";
import type { Twins } from "../../stores/twins.js";
import type { ImageLimits } from "../images/open-picture.js";
import type { EncodedDraft, EncodedImage, EncodeTask } from "../worker/encoder-tasks.js";
import type { Drafts } from "./drafts.js";
import type { Progress } from "./encode-flights.js";
import type { EncodeLine } from "./encode-line.js";
import { KeptDraft } from "./kept-draft.js";
import type { PictureSource } from "./picture-source.js";
import { writeNews } from "./progress-news.js";
import { findReady, imageInfo, type Ready } from "./ready.js";
import type { Urgency } from "./urgency.js";

export type EncoderPool = WorkerPool<EncodeTask, EncodedImage, EncodedDraft>;

/** What pictures go through. */
export interface EncoderParts {
  line: EncodeLine;
  pool: EncoderPool;
  drafts: Pick<Drafts, "isDue">;
  models: Pick<PreparedModels<unknown>, "get">;
}

/** Milliseconds that a picture spent in each stage. */
export interface StageTimes {
  queue: number;
  preprocess: number;
  /** Of a picture that had one. */
  draft?: number;
  encode: number;
  store: number;
}

export interface EncoderObjects {
  parts: OnceStarted<EncoderParts>;
  embeddings: EmbeddingStore;
  /** Where tenants share the work; left out, they do not. */
  twins?: Twins | undefined;
  limits: ImageLimits;
  onEncoded: (times: StageTimes, ref: EmbeddingRef) => void;
}

/** An encode under way: who hears of it, what ends it, whether people wait for it, and the call that began it. */
export interface Flight extends Omit<CallContext, "take" | "audited" | "principal"> {
  report: (progress: Progress) => void;
  urgency: Urgency;
}

/**
 * A picture from its file to its embedding in the store: it is decoded in a process of its own, and encoded, each once it is
 * its turn.
 * @param flight with the lease of this work, if there is one.
 * @throws ServiceError as the source, `EncodeLine.read` and `WorkerPool.run` do; UNAVAILABLE when nobody could keep the embedding.
 */
export async function encodePicture(
  objects: EncoderObjects,
  ref: EmbeddingRef,
  source: PictureSource,
  flight: Flight & { lease: Lease | undefined },
): Promise<Ready> {
  const { parts, embeddings, limits, onEncoded } = objects;
  const { lease, signal, span, logger, urgency } = flight;
  const { caller, tenant } = flight.origin;
  const { imageId, model, crop } = ref;
  const { size, resize } = model.preprocess;
  const { line, pool, drafts, models } = parts.get();
  await models.get(model);
  const report = (progress: Progress) => {
    const since = performance.now();
    flight.report(progress);
    // Those who wait for it at other encoders.
    lease?.tell(() => writeNews(progress, performance.now() - since));
  };
  const onPosition = (position: number, etaMs: number) => report({ stage: "queued", position, etaMs });

  const file = await source.file();
  const copied = await copyTwin(objects, ref, source, caller);
  if (copied) return copied;
  urgency.waitsAt(() => line.hasten(file));
  const request = { limits, rules: { size, resize }, crop };
  const decoded = await line.read(file, request, { signal, caller, tenant, urgent: urgency.isUrgent, onPosition });
  const draft = new KeptDraft({ embeddings, ref, owner: caller });
  let keeping: Promise<void> | undefined;
  try {
    const { picture, waitedMs, readMs } = decoded;
    const { width, height, reading } = picture;
    // While the model runs; it is there before anybody hears that the picture is ready.
    keeping = source.isPicture({ width, height });
    keeping.catch(() => {});
    const task: EncodeTask = { ...picture, imageId, modelId: model.id, ...(crop ? { crop } : {}) };
    urgency.waitsAt(() => pool.hasten(task));
    const image = imageInfo(imageId, width, height, reading);
    let queueMs = 0;
    let draftMs: number | undefined;
    const startedAt = performance.now();
    const encoded = pool.run(task, {
      signal,
      caller,
      tenant,
      kind: model.id,
      urgent: urgency.isUrgent,
      onPosition,
      onStart: (info) => {
        decoded.leave();
        queueMs = info.queueMs;
        task.draft = drafts.isDue(ref, urgency);
        report({ stage: "encoding" });
      },
      onPart: (made) => {
        ({ draftMs } = made);
        void draft.keep(made.record).then((isKept) => {
          if (isKept && !signal.aborted) report({ stage: "encoding", draft: image });
        });
      },
    });
    const { record, preprocessMs, encodeMs } = await unlessAborted(encoded, signal);
    const encodedAt = performance.now();
    if (lease && !lease.isHeld) {
      // Somebody else may have taken over; what is there stays.
      logger.warn({ image: shortImageId(imageId) }, "the lease of an encode ran out before it was done");
      const ready = await findReady(embeddings, ref);
      if (ready) {
        // Whoever has made it may be gone.
        await draft.drop();
        return ready;
      }
    }
    const reach = await embeddings.set(ref, record, caller);
    if (reach === "nowhere") throw cacheLost();
    await keeping;
    // Nobody waits for that.
    void draft.drop();
    await objects.twins?.note(ref);
    const storeMs = performance.now() - encodedAt;
    const times = { queue: waitedMs + queueMs, preprocess: readMs + preprocessMs, encode: encodeMs, store: storeMs };
    onEncoded(draftMs === undefined ? times : { ...times, draft: draftMs }, ref);
    trace(span, { startedAt, queueMs, draftMs, preprocessMs, encodeMs, encodedAt, storeMs });
    logger.debug({ image: shortImageId(imageId), width, height, ...times }, "picture encoded");
    return {
      image,
      model: model.id,
      cached: false,
      timings: { queueMs: times.queue, preprocessMs: times.preprocess, encodeMs, storeMs },
      unshared: reach === "here",
    };
  } catch (error) {
    await draft.drop();
    throw error;
  } finally {
    decoded.leave();
    // What is deleted now is not put there after.
    await keeping?.catch(() => {});
  }
}

/** K3: what another tenant has had made of the same file, as this tenant's own; its file is kept as any other. */
async function copyTwin(
  { twins, embeddings }: EncoderObjects,
  ref: EmbeddingRef,
  source: PictureSource,
  caller: string | undefined,
): Promise<Ready | undefined> {
  const twin = await twins?.find(ref);
  if (!twin) return undefined;
  const { width, height, reading } = twin.header;
  await source.isPicture({ width, height });
  // It is signed anew, in place.
  const reach = await embeddings.set(ref, Uint8Array.from(twin.record), caller);
  if (reach === "nowhere") throw cacheLost();
  const image = imageInfo(ref.imageId, width, height, reading);
  return { image, model: ref.model.id, cached: false, timings: {}, unshared: reach === "here" };
}

/** What nobody wants any more runs to its end all the same. @throws the signal's reason. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let leave = () => {};
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason);
    signal.addEventListener("abort", leave);
    if (signal.aborted) leave();
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}

function trace(
  span: Span,
  at: Record<"startedAt" | "queueMs" | "preprocessMs" | "encodeMs" | "encodedAt" | "storeMs", number> & {
    draftMs: number | undefined;
  },
) {
  const runAt = at.startedAt + at.queueMs;
  const preprocessAt = runAt + (at.draftMs ?? 0);
  const encodeAt = preprocessAt + at.preprocessMs;
  span.past("queue", at.startedAt, runAt);
  const run = span.past("worker run", runAt, at.encodedAt);
  if (at.draftMs !== undefined) run.past("draft", runAt, preprocessAt);
  run.past("preprocess", preprocessAt, encodeAt);
  run.past("encode", encodeAt, encodeAt + at.encodeMs);
  span.past("store", at.encodedAt, at.encodedAt + at.storeMs);
}

/** Nobody would ever find the embedding: better said than encoded, uploaded and encoded again. */
function cacheLost(): ServiceError {
  const message =
    "The shared cache cannot be reached and the encoder has no room to keep the picture's embedding; try again shortly.";
  return new ServiceError({ code: Code.UNAVAILABLE, message, retryAfterMs: 2000, reason: "CACHE_LOST" });
}
