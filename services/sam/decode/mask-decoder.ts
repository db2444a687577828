import type { Candidates } from "../masks/candidates.js";
import type { PromptTokens } from "../prompts/prompt-tokens.js";
import type { DecoderSpec } from "./decoder-spec.js";
import { type FloatTensor, type FloatTensors, type GraphRunner, type GraphTensors, numbers } from "./graph-runner.js";

/** SAM's mask decoder: a picture's embedding and a prompt's tokens through its graphs, whatever they are run by. */
export class MaskDecoder<Kept = unknown> {
  readonly spec: DecoderSpec;
  readonly #runner: GraphRunner<Kept>;
  readonly #outputs: readonly string[];
  /** What every run takes besides its prompt, and every run without a mask. */
  readonly #always: GraphTensors;
  readonly #withoutMask: GraphTensors;

  constructor(spec: DecoderSpec, runner: GraphRunner<Kept>) {
    const { maskGrid, inputs, outputs, constants = [] } = spec;
    this.spec = spec;
    this.#runner = runner;
    this.#outputs = [outputs.logits, outputs.scores];
    this.#always = Object.fromEntries(
      constants.map(({ name, type, dims, values }) => [name, numbers(type, Float32Array.from(values), dims)]),
    );
    this.#withoutMask =
      inputs.mask !== undefined && inputs.hasMask !== undefined
        ? { [inputs.mask]: square(new Float32Array(maskGrid ** 2), maskGrid), [inputs.hasMask]: vector(0) }
        : {};
  }

  /** Whether a prompt may start from a mask. */
  get takesMasks(): boolean {
    return this.spec.inputs.mask !== undefined && this.spec.stepWithMask !== undefined;
  }

  /** All that depends on the picture alone. @param embedding its tensors, in the order of its record. */
  prepare(embedding: readonly FloatTensor[]): Promise<Kept> {
    const inputs = this.spec.embedding.map(({ name, dims }, index) => {
      const tensor = tensorAt(embedding, index);
      return [name, dims ? padded(tensor, dims) : tensor];
    });
    return this.#runner.keep(Object.fromEntries(inputs), this.spec.prefix);
  }

  /**
   * One prompt. @param start float32 [maskGrid, maskGrid]: the logits that it starts from, if it does.
   * @throws Error for such logits where the graphs take none.
   */
  async decode(kept: Kept, tokens: PromptTokens, start: Float32Array | undefined): Promise<Candidates> {
    return (await this.decodeWith([], kept, tokens, start)).candidates;
  }

  /** The same, with more of what the graph gives. @param further names of its outputs. @throws Error when it does not give one. */
  async decodeWith(
    further: readonly string[],
    kept: Kept,
    tokens: PromptTokens,
    start: Float32Array | undefined,
  ): Promise<{ candidates: Candidates; further: Float32Array[] }> {
    const { step, stepWithMask, tokens: rules, inputs, outputs } = this.spec;
    const { count, coords, labels, box } = tokens;
    const axes = Array<number>(rules.axes).fill(1);
    const feeds = {
      ...this.#always,
      [inputs.points]: { data: coords, dims: [...axes, count, 2] },
      [inputs.labels]: numbers(rules.labels, labels, [...axes, count]),
      ...(inputs.boxes === undefined ? {} : { [inputs.boxes]: boxes(box) }),
      ...(start ? this.#mask(start) : this.#withoutMask),
    };
    const graph = start ? stepWithMask : step;
    if (graph === undefined) throw new Error("The decoder's graph takes no mask to start from.");
    const given = await this.#runner.run(graph, kept, feeds, [...this.#outputs, ...further]);
    const candidates = {
      logits: dataOf(given, outputs.logits),
      predictedIou: dataOf(given, outputs.scores),
      ...(outputs.single === undefined ? {} : { single: outputs.single }),
    };
    return { candidates, further: further.map((name) => dataOf(given, name)) };
  }

  #mask(start: Float32Array): FloatTensors {
    const { maskGrid, inputs } = this.spec;
    if (inputs.mask === undefined) return {};
    const mask = { [inputs.mask]: square(start, maskGrid) };
    return inputs.hasMask === undefined ? mask : { ...mask, [inputs.hasMask]: vector(1) };
  }
}

const vector = (...values: number[]): FloatTensor => ({ data: Float32Array.from(values), dims: [values.length] });

const square = (data: Float32Array, side: number): FloatTensor => ({ data, dims: [1, 1, side, side] });

const boxes = (box: Float32Array | undefined): FloatTensor =>
  box ? { data: box, dims: [1, 1, 4] } : { data: new Float32Array(0), dims: [1, 0, 4] };

/** A tensor as the first part of a larger one, the rest of which is zero. */
function padded({ data }: FloatTensor, dims: readonly number[]): FloatTensor {
  const whole = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
  whole.set(data);
  return { data: whole, dims };
}

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
