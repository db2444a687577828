import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { ModelProtoSchema, TensorProto_DataType, ValueInfoProtoSchema } from "../../../proto/onnx.js";
import { type DecoderWeights, findWeights } from "./find-weights.js";
import { GraphReader } from "./graph-reader.js";
import { discLogits, normal, type ParityPrompt, parityPrompts, uniform } from "./parity-prompts.js";
import type { RewrittenDecoder } from "./rewrite-decoder.js";

/** The largest differences that pass. Rounding alone brings about 2e-4 and 1e-6; a mistake brings 1e-2 and more. */
export const parityLimits = { logits: 1e-3, scores: 1e-4 } as const;

export interface ParityReport {
  readonly passed: boolean;
  /** Over all candidate masks of all prompts; NaN when a graph gave one. */
  readonly maxLogitDifference: number;
  readonly maxScoreDifference: number;
  /** Prompts with a logit that differs by more than passes. */
  readonly promptsOver: number;
  /** Logits whose sign differs, and how many were compared. */
  readonly signFlips: number;
  readonly compared: number;
}

/**
 * Runs the stock graph and a rewritten one side by side, on this machine, and compares every candidate mask.
 *
 * @param stock the export that was rewritten
 * @param options `session`: with which to run both, the ones to serve with. `embedding`: float32 [channels * grid * grid],
 *   random unless given.
 * @throws UnknownGraphError when the stock graph is not one that could have been rewritten
 * @throws Error of ONNX Runtime when a graph does not load or run
 */
export async function checkParity(
  stock: Uint8Array,
  rewritten: RewrittenDecoder,
  { prompts = parityPrompts, ...options }: ParityOptions & { prompts?: readonly ParityPrompt[] } = {},
): Promise<ParityReport> {
  await using bench = await ParityBench.open(stock, rewritten, options);
  return await bench.compare(prompts);
}

export interface ParityOptions {
  session?: InferenceSession.SessionOptions;
  embedding?: Float32Array;
}

/** Both graphs, loaded, with an embedding and a mask to prompt: see `checkParity`. */
export class ParityBench implements AsyncDisposable {
  readonly #loaded: Loaded;

  private constructor(loaded: Loaded) {
    this.#loaded = loaded;
  }

  /** Loads the graphs. Parameters and errors as of `checkParity`. */
  static async open(stock: Uint8Array, rewritten: RewrittenDecoder, options: ParityOptions = {}): Promise<ParityBench> {
    const weights = findWeights(GraphReader.parse(stock));
    const { channels, grid } = weights.stock;
    const random = uniform(20230405);
    const embedding = options.embedding ?? normal(channels * grid * grid, 0.3, random);
    const image = new Tensor("float32", embedding, [1, channels, grid, grid]);
    const mask = new Tensor("float32", discLogits(4 * grid, random), [1, 1, 4 * grid, 4 * grid]);
    const plain = { graphOptimizationLevel: "basic", ...options.session } as const;
    const sessions: InferenceSession[] = [];
    const load = async (graph: Uint8Array, session: InferenceSession.SessionOptions): Promise<InferenceSession> => {
      const loaded = await InferenceSession.create(graph, session);
      sessions.push(loaded);
      return loaded;
    };
    try {
      // The stock graph's own outputs hold only the mask that it selected: a copy runs whose outputs are its candidates.
      const stockSession = { ...options.session, graphOptimizationLevel: "all" } as const;
      const original = await load(withCandidates(stock, weights), stockSession);
      const prefix = await load(rewritten.prefix, plain);
      const step = await load(rewritten.step, plain);
      const stepWithMask = await load(rewritten.stepWithMask, plain);
      const prepared = await prefix.run({ image_embeddings: image });
      return new ParityBench({ weights, image, mask, original, prepared, step, stepWithMask, sessions });
    } catch (error) {
      await releaseAll(sessions);
      throw error;
    }
  }

  /** Over every candidate mask of these prompts. */
  async compare(prompts: readonly ParityPrompt[]): Promise<ParityReport> {
    const { weights, image, mask, original, prepared, step, stepWithMask } = this.#loaded;
    const report = { maxLogitDifference: 0, maxScoreDifference: 0, promptsOver: 0, signFlips: 0, compared: 0 };
    for (const prompt of prompts) {
      const points = tensorsOf(prompt, weights.prompts.inputSize);
      const expected = await original.run(stockFeeds(weights, image, points, mask, prompt.withMask));
      const feeds = { ...prepared, ...points };
      const actual = await (prompt.withMask ? stepWithMask.run({ ...feeds, mask_input: mask }) : step.run(feeds));
      const [masks, scores] = [expected[weights.candidates.masks]!, expected[weights.candidates.scores]!];
      const logits = compare(floats(masks), floats(actual.low_res_masks!));
      report.maxLogitDifference = Math.max(report.maxLogitDifference, logits.difference);
      if (!(logits.difference <= parityLimits.logits)) report.promptsOver++;
      report.signFlips += logits.signFlips;
      report.compared += masks.data.length;
      const { difference } = compare(floats(scores), floats(actual.iou_predictions!));
      report.maxScoreDifference = Math.max(report.maxScoreDifference, difference);
    }
    // Written so that NaN does not pass.
    const passed = report.maxLogitDifference <= parityLimits.logits && report.maxScoreDifference <= parityLimits.scores;
    return { passed, ...report };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return releaseAll(this.#loaded.sessions);
  }
}

interface Loaded {
  readonly weights: DecoderWeights;
  readonly image: Tensor;
  readonly mask: Tensor;
  /** The stock graph. */
  readonly original: InferenceSession;
  /** What the rewritten prefix made of the image. */
  readonly prepared: InferenceSession.OnnxValueMapType;
  readonly step: InferenceSession;
  readonly stepWithMask: InferenceSession;
  /** All of them. */
  readonly sessions: readonly InferenceSession[];
}

async function releaseAll(sessions: readonly InferenceSession[]): Promise<void> {
  await Promise.all(sessions.map((session) => session.release()));
}

/** The stock graph with its candidates as its only outputs. */
export function withCandidates(stock: Uint8Array, { candidates }: DecoderWeights): Uint8Array {
  const model = fromBinary(ModelProtoSchema, stock);
  const value = { case: "tensorType", value: { elemType: TensorProto_DataType.FLOAT } } as const;
  model.graph!.output = [candidates.masks, candidates.scores].map((name) =>
    create(ValueInfoProtoSchema, { name, type: { value } }),
  );
  return toBinary(ModelProtoSchema, model);
}

type Points = { point_coords: Tensor; point_labels: Tensor };

function tensorsOf({ points }: ParityPrompt, inputSize: number): Points {
  const coords = Float32Array.from(points.flatMap(([x, y]) => [x * inputSize, y * inputSize]));
  const labels = Float32Array.from(points, ([, , label]) => label);
  return {
    point_coords: new Tensor("float32", coords, [1, labels.length, 2]),
    point_labels: new Tensor("float32", labels, [1, labels.length]),
  };
}

function stockFeeds({ stock }: DecoderWeights, image: Tensor, points: Points, mask: Tensor, withMask: boolean) {
  const feeds: Record<string, Tensor> = {
    [stock.imageEmbeddings]: image,
    [stock.pointCoords]: points.point_coords,
    [stock.pointLabels]: points.point_labels,
    [stock.maskInput]: mask,
    [stock.hasMaskInput]: new Tensor("float32", Float32Array.of(withMask ? 1 : 0), [1]),
  };
  if (stock.origImSize !== undefined) feeds[stock.origImSize] = new Tensor("float32", Float32Array.of(1, 1), [2]);
  return feeds;
}

function floats(tensor: Tensor): Float32Array {
  return tensor.data as Float32Array;
}

function compare(expected: Float32Array, actual: Float32Array): { difference: number; signFlips: number } {
  if (expected.length !== actual.length) return { difference: Number.NaN, signFlips: expected.length };
  let difference = 0;
  let signFlips = 0;
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(expected[i]! - actual[i]!));
    if (expected[i]! > 0 !== actual[i]! > 0) signFlips++;
  }
  return { difference, signFlips };
}
