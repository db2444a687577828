import { workerData } from "node:worker_threads";
import { LRUCache } from "lru-cache";
import { encodeCounts, type MaskBox } from "../../proto/index.js";
import { decodeHalf, encodeHalf } from "../runtime/half-float.js";
import { type Frame, frameFor } from "../runtime/models/frame.js";
import type { ModelSpec } from "../runtime/models/manifest.js";
import { decodeEmbeddingRecord } from "../runtime/stores/embedding-record.js";
import { serveTasks } from "../runtime/workers/serve-tasks.js";
import type { DecoderFiles } from "./graphs/decoder-files.js";
import type { Candidates, DecoderGraph, Width } from "./graphs/decoder-graph.js";
import { loadDecoderGraph, type Widths } from "./graphs/load-decoder-graph.js";
import { encodePng } from "./masks/encode-png.js";
import { maskLogits } from "./masks/mask-logits.js";
import { selectMasks } from "./masks/select-masks.js";
import { stabilityScore } from "./masks/stability-score.js";
import { traceMask } from "./masks/trace-mask.js";
import type { CheckedPrompt } from "./prompts/check-prompt.js";
import { promptTokens } from "./prompts/prompt-tokens.js";

/** What a worker is started with. */
export interface DecoderWorkerData {
  models: { model: ModelSpec; files: DecoderFiles }[];
  /** Threads of one run: alone on the machine, and beside the other workers. */
  widths: Widths;
  /** Bytes of prepared embeddings that this worker keeps. */
  cacheBytes: number;
}

export interface DecodeTask {
  /** The embedding's key and record; the record is read only when the worker has not prepared it yet. */
  key: string;
  record: SharedArrayBuffer;
  width: number;
  height: number;
  modelId: string;
  prompt: CheckedPrompt;
  multimask: boolean | undefined;
  png: boolean;
  lowResLogits: boolean;
}

export interface DecodedMask {
  /** COCO's compressed counts. */
  counts: string;
  box: MaskBox;
  area: number;
  predictedIou: number;
  stabilityScore: number;
  png?: Uint8Array;
  /** Half floats [gridSize, gridSize]. */
  lowResLogits?: Uint16Array;
}

export interface DecodedPrompt {
  /** Best first. */
  masks: DecodedMask[];
  gridSize: number;
  /** The embedding was ready in this worker. */
  warm: boolean;
  prepareMs: number;
  decodeMs: number;
  maskMs: number;
}

interface LoadedModel {
  model: ModelSpec;
  graph: DecoderGraph;
}

/** Enough for the engine to compile the hot functions. */
const warmUpRuns = 20;

const { models, widths, cacheBytes } = workerData as DecoderWorkerData;
const prepared = new LRUCache<string, { value: unknown; bytes: number }>({
  maxSize: cacheBytes,
  sizeCalculation: ({ bytes }) => bytes,
});

await serveTasks<DecodeTask, DecodedPrompt>(async () => {
  const loaded = new Map<string, LoadedModel>();
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
      const result = await decode(task, entry, alone ? "wide" : "narrow");
      return { result, transfer: [] };
    },
  };
});

/** The first runs allocate, and the code from logits to mask is compiled: done before the service says it is ready. */
async function warmUp(graph: DecoderGraph, model: ModelSpec): Promise<void> {
  const tensors = model.encoder.outputs.map(({ dims }) => new Float32Array(dims.reduce((a, b) => a * b, 1)));
  const frame = frameFor(1500, 1000, { modelSize: model.preprocess.size, resize: model.preprocess.resize });
  const tokens = promptTokens({ points: [{ x: 750, y: 500, label: 1 }] }, frame);
  const disc = new Float32Array(frame.gridSize ** 2).map((_, cell) => {
    const [x, y] = [cell % frame.gridSize, Math.floor(cell / frame.gridSize)];
    return 40 - Math.hypot(x - 128, y - 80);
  });
  for (const width of ["wide", "narrow"] as const) {
    const embedding = await graph.prepare(tensors, width);
    for (const start of [undefined, disc]) await graph.decode(embedding, [tokens], start, width);
  }
  for (let run = 0; run < warmUpRuns; run++) {
    encodeCounts(traceMask(disc, frame).runs);
    stabilityScore(disc, frame);
    encodeHalf(disc);
  }
}

async function decode(task: DecodeTask, { model, graph }: LoadedModel, width: Width): Promise<DecodedPrompt> {
  const started = performance.now();
  const warm = prepared.get(task.key);
  const embedding = warm?.value ?? (await prepare(task, graph, width));
  const ready = performance.now();
  const { size, resize } = model.preprocess;
  const frame = frameFor(task.width, task.height, { modelSize: size, resize });
  const { mask } = task.prompt;
  const start = mask && ("logits" in mask ? mask.logits : maskLogits(mask.picture, frame));
  const tokens = promptTokens(task.prompt, frame);
  const [candidates] = await graph.decode(embedding, [tokens], start, width);
  if (!candidates) throw new Error("the decoder gave no candidates");
  const decoded = performance.now();
  const masks: DecodedMask[] = [];
  for (const index of selectMasks(candidates.predictedIou, tokens.count, task.multimask)) {
    masks.push(await finishMask(candidates, index, frame, task));
  }
  return {
    masks,
    gridSize: frame.gridSize,
    warm: warm !== undefined,
    prepareMs: ready - started,
    decodeMs: decoded - ready,
    maskMs: performance.now() - decoded,
  };
}

async function prepare({ key, record }: DecodeTask, graph: DecoderGraph, width: Width): Promise<unknown> {
  const { tensors } = decodeEmbeddingRecord(new Uint8Array(record));
  const value = await graph.prepare(
    tensors.map((tensor) => decodeHalf(tensor)),
    width,
  );
  prepared.set(key, { value, bytes: graph.preparedBytes });
  return value;
}

async function finishMask(candidates: Candidates, index: number, frame: Frame, task: DecodeTask): Promise<DecodedMask> {
  const cells = frame.gridSize ** 2;
  const logits = candidates.logits.subarray(index * cells, (index + 1) * cells);
  const traced = traceMask(logits, frame);
  return {
    counts: encodeCounts(traced.runs),
    box: traced.box,
    area: traced.area,
    predictedIou: candidates.predictedIou[index] as number,
    stabilityScore: stabilityScore(logits, frame),
    ...(task.png ? { png: await encodePng(traced) } : {}),
    ...(task.lowResLogits ? { lowResLogits: encodeHalf(logits) } : {}),
  };
}
