import { workerData } from "node:worker_threads";
import { LRUCache } from "lru-cache";
import type { ModelSpec } from "../../inference/models/manifest.js";
import { imageTensor, modelFrame } from "../../inference/models/model-tensors.js";
import { serveTasks } from "../../inference/workers/serve-tasks.js";
import { Code, ServiceError } from "../../runtime/errors.js";
import type { Frame } from "../../sam/frame.js";
import { decodeHalf } from "../../sam/half-float.js";
import { LatestPreview } from "../../sam/masks/latest-preview.js";
import { RecordError } from "../../sam/record-error.js";
import { decodeEmbeddingRecord } from "../../stores/embedding-record.js";
import type { DecoderFiles } from "../graphs/decoder-files.js";
import type { DecoderGraph, Width } from "../graphs/decoder-graph.js";
import { loadDecoderGraph, type Widths } from "../graphs/load-decoder-graph.js";
import { decodeGrid } from "./decode-grid.js";
import { decodePrompt } from "./decode-prompt.js";
import type {
  DecodedGrid,
  DecodedMask,
  DecodedPrompt,
  DecoderTask,
  FeaturesTask,
  PointFeatures,
  PreparedPicture,
} from "./decoder-tasks.js";
import { pointFeatures } from "./point-features.js";
import { warmUp } from "./warm-up.js";

/** What a worker is started with. */
export interface DecoderWorkerData {
  models: { model: ModelSpec; files: DecoderFiles }[];
  /** Threads of one run: alone on the machine, and beside the other workers. */
  widths: Widths;
  /** Bytes of prepared embeddings that this worker keeps. */
  cacheBytes: number;
}

const { models, widths, cacheBytes } = workerData as DecoderWorkerData;
/** A picture that prompts can be run on at once. */
interface WarmPicture {
  readonly embedding: unknown;
  readonly latest: LatestPreview;
  readonly bytes: number;
}

/** Of a preview: its candidates and the mask that it started from, float32 [4 + 1, maskGrid, maskGrid]. */
const previewBytes = ({ decoder }: ModelSpec) => 4 * 5 * decoder.maskGrid ** 2;

const warmPictures = new LRUCache<string, WarmPicture>({ maxSize: cacheBytes, sizeCalculation: ({ bytes }) => bytes });

/** Pictures' frames: what a mask needs of one is made once (see `traceMask`). */
const frames = new LRUCache<string, Frame>({ max: 64 });

await serveTasks<DecoderTask, DecodedPrompt | DecodedGrid | PointFeatures | PreparedPicture>(async () => {
  const loaded = new Map<string, { model: ModelSpec; graph: DecoderGraph }>();
  for (const { model, files } of models) {
    const graph = await loadDecoderGraph(model, files, widths);
    loaded.set(model.id, { model, graph });
    await warmUp(graph, model);
  }
  return {
    detail: Object.fromEntries([...loaded].map(([id, { graph }]) => [id, { graph: graph.kind }])),
    run: async (task, alone) => {
      const entry = loaded.get(task.modelId);
      if (!entry) throw new Error(`model ${task.modelId} is not loaded`);
      const result = await run(task, entry.model, entry.graph, alone ? "wide" : "narrow");
      return { result, transfer: "masks" in result ? result.masks.flatMap(logitsOf) : [] };
    },
  };
});

async function run(task: DecoderTask, model: ModelSpec, graph: DecoderGraph, width: Width) {
  const frame = frameOf(task, model);
  if (task.kind === "features") return featuresAt(task, model, frame);
  const started = performance.now();
  const kept = warmPictures.get(task.key);
  const warm = kept !== undefined;
  const { embedding, latest } = kept ?? (await prepare(task, model, graph, width));
  if (task.kind === "prepare") return { warm };
  if (task.kind === "grid") return decodeGrid(task, graph, embedding, frame, width);
  const prepareMs = performance.now() - started;
  return { ...(await decodePrompt(task, graph, embedding, latest, frame, width)), warm, prepareMs };
}

/** The most of an answer's bytes: they move to the other thread. */
function logitsOf({ lowResLogits }: DecodedMask): ArrayBuffer[] {
  return lowResLogits ? [lowResLogits.buffer] : [];
}

function featuresAt(task: FeaturesTask, model: ModelSpec, frame: Frame): PointFeatures {
  const { index, side } = imageTensor(model);
  return pointFeatures({ values: floatTensors(task)[index] as Float32Array, side }, frame, task.points);
}

function frameOf({ width, height }: DecoderTask, model: ModelSpec): Frame {
  const key = `${model.id}:${width}x${height}`;
  const known = frames.get(key);
  if (known) return known;
  const frame = modelFrame(model, { width, height });
  frames.set(key, frame);
  return frame;
}

async function prepare(task: DecoderTask, model: ModelSpec, graph: DecoderGraph, width: Width): Promise<WarmPicture> {
  const embedding = await graph.prepare(floatTensors(task), width);
  const picture = { embedding, latest: new LatestPreview(), bytes: graph.preparedBytes + previewBytes(model) };
  warmPictures.set(task.key, picture);
  return picture;
}

/** @throws ServiceError DATA_LOSS when the record is damaged: this is where its tensors are verified. */
function floatTensors({ record }: DecoderTask): Float32Array[] {
  try {
    return decodeEmbeddingRecord(new Uint8Array(record)).tensors.map((tensor) => decodeHalf(tensor));
  } catch (cause) {
    if (!(cause instanceof RecordError)) throw cause;
    throw new ServiceError({ code: Code.DATA_LOSS, message: `The embedding is ${cause.message}.`, cause });
  }
}
