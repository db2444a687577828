import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { InferenceSession } from "onnxruntime-node";
import { ModelProtoSchema, TensorProto_DataType, ValueInfoProtoSchema } from "../../../proto/onnx.js";
import { SessionRunner } from "../../inference/models/session-runner.js";
import { GraphReader } from "../../inference/onnx/graph-reader.js";
import { type DecoderSpec, exportedDecoder, splitDecoder } from "../../sam/decode/decoder-spec.js";
import { MaskDecoder } from "../../sam/decode/mask-decoder.js";
import type { Candidates } from "../../sam/masks/candidates.js";
import type { PromptTokens } from "../../sam/prompts/prompt-tokens.js";
import { type DecoderWeights, findWeights } from "./find-weights.js";
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

interface ParityOptions {
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
    const side = 4 * grid;
    const random = uniform(20230405);
    const data = options.embedding ?? normal(channels * grid * grid, 0.3, random);
    const embedding = [{ data, dims: [1, channels, grid, grid] }];
    const mask = discLogits(side, random);
    const plain = { graphOptimizationLevel: "basic", ...options.session } as const;
    const sessions: InferenceSession[] = [];
    const load = async (graph: Uint8Array, session: InferenceSession.SessionOptions): Promise<InferenceSession> => {
      const loaded = await InferenceSession.create(graph, session);
      sessions.push(loaded);
      return loaded;
    };
    const decoding = async (spec: DecoderSpec, runner: SessionRunner): Promise<Decode> => {
      const decoder = new MaskDecoder(spec, runner);
      const kept = await decoder.prepare(embedding);
      return (tokens, start) => decoder.decode(kept, tokens, start);
    };
    try {
      // The stock graph's own outputs hold only the mask that it selected: a copy runs whose outputs are its candidates.
      const stockSession = { ...options.session, graphOptimizationLevel: "all" } as const;
      const whole = { stock: await load(withCandidates(stock, weights), stockSession) };
      const halves = {
        prefix: await load(rewritten.prefix, plain),
        step: await load(rewritten.step, plain),
        stepWithMask: await load(rewritten.stepWithMask, plain),
      };
      const { inputSize } = weights.prompts;
      const original = await decoding(specOfStock(weights, side), new SessionRunner(whole));
      const split = await decoding(splitDecoder(side, inputSize), new SessionRunner(halves));
      return new ParityBench({ inputSize, mask, original, split, sessions });
    } catch (error) {
      await releaseAll(sessions);
      throw error;
    }
  }

  /** Over every candidate mask of these prompts. */
  async compare(prompts: readonly ParityPrompt[]): Promise<ParityReport> {
    const { inputSize, mask, original, split } = this.#loaded;
    const report = { maxLogitDifference: 0, maxScoreDifference: 0, promptsOver: 0, signFlips: 0, compared: 0 };
    for (const prompt of prompts) {
      const tokens = tokensOf(prompt, inputSize);
      const start = prompt.withMask ? mask : undefined;
      const expected = await original(tokens, start);
      const actual = await split(tokens, start);
      const logits = compare(expected.logits, actual.logits);
      report.maxLogitDifference = Math.max(report.maxLogitDifference, logits.difference);
      if (!(logits.difference <= parityLimits.logits)) report.promptsOver++;
      report.signFlips += logits.signFlips;
      report.compared += expected.logits.length;
      const { difference } = compare(expected.predictedIou, actual.predictedIou);
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

/** One prompt on the embedding. */
type Decode = (tokens: PromptTokens, start: Float32Array | undefined) => Promise<Candidates>;

interface Loaded {
  /** Side of the model's input in pixels. */
  readonly inputSize: number;
  /** Logits to start from. */
  readonly mask: Float32Array;
  readonly original: Decode;
  readonly split: Decode;
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

/** The copy's names; those of the graph itself may be any. */
function specOfStock({ stock, candidates, prompts }: DecoderWeights, maskGrid: number): DecoderSpec {
  const size = stock.origImSize;
  return exportedDecoder({
    maskGrid,
    embedding: [{ name: stock.imageEmbeddings }],
    tokens: { side: prompts.inputSize, pad: "caller", box: "corners", axes: 1, labels: "float32" },
    inputs: {
      points: stock.pointCoords,
      labels: stock.pointLabels,
      mask: stock.maskInput,
      hasMask: stock.hasMaskInput,
    },
    ...(size === undefined ? {} : { constants: [{ name: size, type: "float32", dims: [2], values: [1, 1] }] }),
    outputs: { logits: candidates.masks, scores: candidates.scores, single: 0 },
  });
}

function tokensOf({ points }: ParityPrompt, inputSize: number): PromptTokens {
  return {
    coords: Float32Array.from(points.flatMap(([x, y]) => [x * inputSize, y * inputSize])),
    labels: Float32Array.from(points, ([, , label]) => label),
    count: points.length,
  };
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
