import { workerData } from "node:worker_threads";
import { LRUCache } from "lru-cache";
import { Forgotten } from "../../inference/forgotten.js";
import { draftKeyOf } from "../../inference/models/embedding-ref.js";
import type { ModelSpec } from "../../inference/models/manifest.js";
import { imageTensor, modelFrame } from "../../inference/models/model-tensors.js";
import { bytesOf, type KeptTensors } from "../../inference/models/session-runner.js";
import { type LoadableModel, type LoadedModel, LoadedModels } from "../../inference/workers/loaded-models.js";
import { serveTasks } from "../../inference/workers/serve-tasks.js";
import { Code, ServiceError } from "../../runtime/errors.js";
import { longestTimerMs } from "../../runtime/longest-timer.js";
import { yieldThisThread } from "../../runtime/yield-cores.js";
import type { OpenPicture } from "../../sam/decode/decode-prompt.js";
import { floatTensors } from "../../sam/decode/float-tensors.js";
import type { FloatTensor } from "../../sam/decode/graph-runner.js";
import type { MaskDecoder } from "../../sam/decode/mask-decoder.js";
import type { Frame } from "../../sam/frame.js";
import { LatestPreview } from "../../sam/masks/latest-preview.js";
import type { PictureSize } from "../../sam/prompts/check-prompt.js";
import { RecordError } from "../../sam/record-error.js";
import type { Product } from "../../sam/track/labels/axes.js";
import { tokensOf } from "../../sam/track/labels/tokens.js";
import type { Seen } from "../../sam/track/memory/memory-propagator.js";
import { decodeEmbeddingRecord } from "../../stores/embedding-record.js";
import type { DecoderFiles } from "../graphs/decoder-files.js";
import type { LoadedDecoder, Widths } from "../graphs/load-decoder-graph.js";
import type { MemoryFiles } from "../graphs/memory-files.js";
import type { LoadedMemory } from "../graphs/memory-graphs.js";
import { loadProduct } from "../graphs/product-session.js";
import { answerPrompt } from "./answer-prompt.js";
import { ComparedFrames } from "./compared-frames.js";
import { decodeGrid } from "./decode-grid.js";
import type {
  CarriedObjects,
  CarryTask,
  DecodedGrid,
  DecodedPrompt,
  DecoderDetail,
  DecoderTask,
  Deletion,
  DividedMasks,
  FeaturesTask,
  OtherPicture,
  PaintedMask,
  PointFeatures,
  PreparedPicture,
  SettledMasks,
} from "./decoder-tasks.js";
import { loadServed } from "./load-served.js";
import { look, pointerOf, type RememberingModel, rememberRows, settle, withNoMemory } from "./memory-tasks.js";
import { pointFeatures } from "./point-features.js";
import { carry, divideMasks, paintObject } from "./track-tasks.js";

/** What a worker is started with. */
export interface DecoderWorkerData {
  /** Those that can be asked for, and which of them are loaded before it is ready. */
  models: LoadableDecoder[];
  atOnce: string[];
  /** Of graphs that it keeps loaded. */
  loadedBytes: number;
  /** Threads of one run: alone on the machine, and beside the other workers. */
  widths: Widths;
  /** Bytes of prepared embeddings that this worker keeps. */
  cacheBytes: number;
  /** How long it keeps one. */
  ttlMs: number;
  /** It gives way to the others on its cores. */
  isYielding: boolean;
  /** What frames of videos are compared by. */
  productGraph: Uint8Array;
}

/** What a worker can load; it is told of others when they are ready. */
export interface LoadableDecoder extends LoadableModel {
  model: ModelSpec;
  files: DecoderFiles;
  memory: MemoryFiles | undefined;
}

/** What all workers are told. */
export type DecoderNews = { kind: "deletion"; deletion: Deletion } | { kind: "model"; loadable: LoadableDecoder };

const { models, atOnce, loadedBytes, widths, cacheBytes, ttlMs, isYielding, productGraph } =
  workerData as DecoderWorkerData;

// Before it has threads of its own.
if (isYielding) yieldThisThread();

interface WarmPicture extends OpenPicture<KeptTensors> {
  readonly bytes: number;
  readonly modelId: string;
}

/** Of a preview: its candidates and the mask that it started from, float32 [4 + 1, maskGrid, maskGrid]. */
const previewBytes = ({ decoder }: ModelSpec) => 4 * 5 * decoder.maskGrid ** 2;

const warmPictures = new LRUCache<string, WarmPicture>({
  maxSize: cacheBytes,
  sizeCalculation: ({ bytes }) => bytes,
  ttl: Math.min(ttlMs, longestTimerMs),
  ttlAutopurge: true,
});

const forgotten = new Forgotten();

/** Pictures' frames: what a mask needs of one is made once (see `traceMask`). */
const frames = new LRUCache<string, Frame>({ max: 64 });

/** Loaded when the first video comes. */
const products = new Map<number, Promise<Product>>();

const comparedFrames = new ComparedFrames(({ key, asOf }) => !forgotten.isGone(key, asOf));

await serveTasks<DecoderTask, Result>(async (say) => {
  const loaded = new LoadedModels<LoadableDecoder, DecoderDetail[string], WarmDecoder>({
    maxBytes: loadedBytes,
    load: loadWarm,
    onChange: say,
  });
  for (const one of models) loaded.know(one);
  for (const id of atOnce) await loaded.get(id);
  return {
    hear: (news) => {
      const heard = news as DecoderNews;
      if (heard.kind === "model") loaded.know(heard.loadable);
      else forget(heard.deletion);
    },
    detail: loaded.details,
    run: async (task, alone) => {
      const { model, decoder, memory } = await loaded.get(task.modelId);
      const result = await run(task, { model, decoder: decoder[alone ? "wide" : "narrow"], memory }, alone);
      return { result, transfer: buffersOf(result) };
    },
  };
});

type Result =
  | DecodedPrompt
  | DecodedGrid
  | PointFeatures
  | CarriedObjects
  | PaintedMask
  | DividedMasks
  | SharedArrayBuffer
  | Seen<SharedArrayBuffer>
  | SettledMasks
  | PreparedPicture;

interface WarmDecoder extends LoadedModel<DecoderDetail[string]> {
  model: ModelSpec;
  decoder: LoadedDecoder;
  memory: LoadedMemory | undefined;
}

/** What a task is run by. */
interface Running {
  readonly model: ModelSpec;
  readonly decoder: MaskDecoder<KeptTensors>;
  readonly memory: LoadedMemory | undefined;
}

async function loadWarm({ model, files, memory }: LoadableDecoder): Promise<WarmDecoder> {
  const served = await loadServed(model, { decoder: files, memory }, widths);
  return {
    ...served,
    model,
    detail: { graph: files.kind },
    release: async () => {
      for (const [key, { modelId }] of [...warmPictures]) if (modelId === model.id) warmPictures.delete(key);
      await served.release();
    },
  };
}

async function run(task: DecoderTask, running: Running, alone: boolean) {
  const { model, decoder } = running;
  if (task.kind === "features") return featuresAt(task, model);
  if (task.kind === "divide") return divideMasks(task, frameOf(task, model));
  if (task.kind === "settle") return settle(task, frameOf(task, model));
  if (task.kind === "carry") return carryHere(task, model, alone);
  const started = performance.now();
  const known = warmPictures.get(task.key);
  const warm = known !== undefined;
  const picture = known ?? (await prepare(task, running));
  if (task.kind === "prepare") return { warm };
  if (task.kind === "grid") return decodeGrid(task, decoder, picture);
  if (task.kind === "paint") return paintObject(task, decoder, picture);
  if (task.kind === "rows") return rememberRows(task, remembering(running), picture);
  if (task.kind === "pointer") return pointerOf(task, remembering(running), picture);
  if (task.kind === "look") return look(task, remembering(running), picture);
  const prepareMs = performance.now() - started;
  return { ...(await answerPrompt(task, decoder, picture, (size) => frameOf(size, model))), warm, prepareMs };
}

function remembering({ memory, ...others }: Running): RememberingModel {
  if (!memory) throw new Error(`The model ${others.model.id} has no memory.`);
  return { memory, ...others };
}

/** The most of an answer's bytes: they move to the other thread. What threads share stays. */
function buffersOf(result: Result): ArrayBuffer[] {
  if (result instanceof SharedArrayBuffer) return [];
  if (Array.isArray(result)) return result.flatMap((one) => logitsOf(one));
  if ("masks" in result) return result.masks.flatMap(({ lowResLogits }) => (lowResLogits ? [lowResLogits.buffer] : []));
  if ("objects" in result) return result.objects.map(({ prior }) => prior.buffer as ArrayBuffer);
  return logitsOf(result);
}

function logitsOf(one: object | undefined): ArrayBuffer[] {
  return one && "logits" in one && one.logits instanceof Float32Array ? [one.logits.buffer as ArrayBuffer] : [];
}

function featuresAt(task: FeaturesTask, model: ModelSpec): PointFeatures {
  const { index, side } = imageTensor(model);
  return pointFeatures({ values: floatsOf(task)[index]!.data, side }, frameOf(task, model), task.points);
}

async function carryHere(task: CarryTask, model: ModelSpec, alone: boolean): Promise<CarriedObjects> {
  const threads = (alone ? widths.wide : widths.narrow) ?? widths.narrow ?? widths.wide ?? 1;
  const product = products.get(threads) ?? loadProduct(productGraph, threads);
  products.set(threads, product);
  // The pictures of one video are of one size: their cells lie alike.
  const frame = frameOf(task, model);
  const { index, side } = imageTensor(model);
  const tokens = ({ record }: OtherPicture) => tokensOf({ values: floatsOf({ record })[index]!.data, side }, frame);
  return carry(task, { frames: comparedFrames, tokensOf: tokens, product: await product, frame, side });
}

function frameOf({ width, height }: PictureSize, model: ModelSpec): Frame {
  const key = `${model.id}:${width}x${height}`;
  const known = frames.get(key);
  if (known) return known;
  const frame = modelFrame(model, { width, height });
  frames.set(key, frame);
  return frame;
}

async function prepare(task: DecoderTask, { model, decoder, memory }: Running): Promise<WarmPicture> {
  const tensors = floatsOf(task).map(({ data, dims }, index) => ({
    data: withNoMemory(model, memory, index, data),
    dims,
  }));
  const kept = await decoder.prepare(tensors);
  const bytes = bytesOf(kept) + previewBytes(model);
  // What was deleted while it was made ready serves the task that it was made ready for, and is not kept.
  const picture = { modelId: model.id, kept, frame: frameOf(task, model), latest: new LatestPreview(), bytes };
  if (!forgotten.isGone(task.key, task.asOf)) {
    // The final one takes the place of its draft.
    warmPictures.delete(draftKeyOf(task.key));
    warmPictures.set(task.key, picture);
  }
  return picture;
}

function forget({ prefix, number }: Deletion): void {
  forgotten.note(prefix, number);
  for (const key of [...warmPictures.keys()]) if (key.startsWith(prefix)) warmPictures.delete(key);
  comparedFrames.forget(prefix);
}

/** @throws ServiceError DATA_LOSS when the record is damaged: this is where its tensors are verified. */
function floatsOf({ record }: Pick<DecoderTask, "record">): FloatTensor[] {
  try {
    return floatTensors(decodeEmbeddingRecord(new Uint8Array(record)));
  } catch (cause) {
    if (!(cause instanceof RecordError)) throw cause;
    throw new ServiceError({ code: Code.DATA_LOSS, message: `The embedding is ${cause.message}.`, cause });
  }
}
