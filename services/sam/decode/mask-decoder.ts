import type { Candidates } from "../masks/candidates.js";
import type { PromptTokens } from "../prompts/prompt-tokens.js";
import type { DecoderSpec } from "./decoder-spec.js";
import type { FloatTensor, FloatTensors, GraphRunner } from "./graph-runner.js";

/** SAM's mask decoder: a picture's embedding and a prompt's tokens through its graphs, whatever they are run by. */
export class MaskDecoder<Kept = unknown> {
  readonly spec: DecoderSpec;
  readonly #runner: GraphRunner<Kept>;
  readonly #outputs: readonly string[];
  /** What every run takes besides its prompt, and every run without a mask. */
  readonly #always: FloatTensors;
  readonly #withoutMask: FloatTensors;

  constructor(spec: DecoderSpec, runner: GraphRunner<Kept>) {
    const { gridSize, inputs, outputs } = spec;
    this.spec = spec;
    this.#runner = runner;
    this.#outputs = [outputs.logits, outputs.scores];
    // An export that resizes to the picture's size takes longer for that than for the decode; masks of that size are traced
    // from the logits instead, so that it is asked for those of the smallest picture.
    this.#always = inputs.size ? { [inputs.size]: vector(1, 1) } : {};
    this.#withoutMask = inputs.hasMask
      ? { [inputs.mask]: square(new Float32Array(gridSize ** 2), gridSize), [inputs.hasMask]: vector(0) }
      : {};
  }

  /** All that depends on the picture alone. @param embedding its tensors, in the order of its record. */
  prepare(embedding: readonly FloatTensor[]): Promise<Kept> {
    const { embedding: names, prefix } = this.spec;
    const inputs = Object.fromEntries(names.map((name, index) => [name, tensorAt(embedding, index)]));
    return this.#runner.keep(inputs, prefix);
  }

  /** One prompt. @param start float32 [gridSize, gridSize]: the logits that it starts from, if it does. */
  async decode(kept: Kept, tokens: PromptTokens, start: Float32Array | undefined): Promise<Candidates> {
    const { step, stepWithMask, inputs, outputs } = this.spec;
    const feeds = {
      ...this.#always,
      [inputs.points]: { data: tokens.coords, dims: [1, tokens.count, 2] },
      [inputs.labels]: { data: tokens.labels, dims: [1, tokens.count] },
      ...(start ? this.#mask(start) : this.#withoutMask),
    };
    const given = await this.#runner.run(start ? stepWithMask : step, kept, feeds, this.#outputs);
    return { logits: dataOf(given, outputs.logits), predictedIou: dataOf(given, outputs.scores) };
  }

  #mask(start: Float32Array): FloatTensors {
    const { gridSize, inputs } = this.spec;
    const mask = { [inputs.mask]: square(start, gridSize) };
    return inputs.hasMask ? { ...mask, [inputs.hasMask]: vector(1) } : mask;
  }
}

const vector = (...values: number[]): FloatTensor => ({ data: Float32Array.from(values), dims: [values.length] });

const square = (data: Float32Array, side: number): FloatTensor => ({ data, dims: [1, 1, side, side] });

function tensorAt(embedding: readonly FloatTensor[], index: number): FloatTensor {
  const tensor = embedding[index];
  if (!tensor) throw new Error(`The decoder takes more tensors of an embedding than these ${embedding.length}.`);
  return tensor;
}

function dataOf(given: FloatTensors, name: string): Float32Array {
  const tensor = given[name];
  if (!tensor) throw new Error(`The decoder's graph gave no ${name}.`);
  return tensor.data;
}
