import type { NodeProto } from "../../../proto/onnx.js";
import type { GraphReader } from "../../inference/onnx/graph-reader.js";
import { type Matrix, matrix } from "../../inference/onnx/matrix.js";
import { UnknownGraphError } from "../../inference/onnx/unknown-graph-error.js";
import type { StockInterface } from "./find-interface.js";
import {
  constantOperand,
  geluAfter,
  type Norm,
  normAfter,
  type PatchConvolution,
  patchConvolution,
} from "./find-layers.js";

/** The weights that turn prompts into tokens and a dense embedding. */
export interface PromptWeights {
  /** Random Fourier features: [2, channels / 2]. */
  readonly gaussian: Matrix;
  /** Side of the model's square input in pixels, by which coordinates are divided. */
  readonly inputSize: number;
  /** What each label adds, a row a label: pad (-1), background (0), object (1), box corners (2, 3). */
  readonly labels: Matrix;
  /** The decoder's own tokens, before the prompt's: predicted IoU, then one a mask. [1 + masks, channels] */
  readonly outputTokens: Matrix;
  /** Stands for the dense embedding where no mask is given: [1, channels]. */
  readonly noMask: Matrix;
  /** Three convolutions, with normalisation and GELU after the first and the second. */
  readonly maskDownscaling: {
    readonly convolutions: readonly [PatchConvolution, PatchConvolution, PatchConvolution];
    readonly norms: readonly [Norm, Norm];
  };
}

/** The labels that SAM knows, in the order of `PromptWeights.labels`. */
export const labelValues = [-1, 0, 1, 2, 3] as const;

/** Finds the prompt encoder's weights: by name where the exporter kept names, by structure where it did not. */
export function findPrompts(reader: GraphReader, stock: StockInterface): PromptWeights {
  return {
    ...findPositions(reader, stock),
    labels: findLabels(reader, stock),
    outputTokens: findOutputTokens(reader, stock),
    noMask: findNoMask(reader, stock),
    maskDownscaling: findMaskDownscaling(reader, stock),
  };
}

function findPositions(reader: GraphReader, stock: StockInterface): { gaussian: Matrix; inputSize: number } {
  const product = reader.graph.node.find(
    (node) =>
      node.opType === "MatMul" &&
      reader.constant(node.input[1]!)?.dims.join() === `2,${stock.channels / 2}` &&
      reader.dependsOn(node.input[0]!, stock.pointCoords),
  );
  if (product === undefined) {
    throw new UnknownGraphError(`a product of coordinates with a constant [2,${stock.channels / 2}]`, "none");
  }
  const gaussian = matrix(2, stock.channels / 2, reader.constant(product.input[1]!)!.data);
  const { factor, shift } = affineOf(reader, product.input[0]!, stock.pointCoords);
  // 2 * (x + 0.5) / size - 1: pixel centres, normalised to [-1, 1].
  const inputSize = 2 / factor;
  if (Math.abs(shift - (1 / inputSize - 1)) > 1e-6) {
    throw new UnknownGraphError("coordinates normalised as 2 * (x + 0.5) / size - 1", `${factor} * x + ${shift}`);
  }
  return { gaussian, inputSize };
}

/** What sums and products with single numbers make of x on the way from `from` to `value`: factor * x + shift. */
function affineOf(reader: GraphReader, value: string, from: string): { factor: number; shift: number } {
  const source = reader.beforeShaping(value);
  if (source === from) return { factor: 1, shift: 0 };
  const node = reader.producer(source);
  const numbers = node?.input.map((name) => reader.scalar(name)) ?? [];
  const at = numbers[0] === undefined ? 0 : 1;
  const number = numbers[1 - at];
  const commutes = node?.opType === "Add" || node?.opType === "Mul";
  if (node === undefined || number === undefined || (at === 1 && !commutes)) {
    throw new UnknownGraphError("coordinates scaled and shifted by single numbers", node?.opType ?? "another source");
  }
  const { factor, shift } = affineOf(reader, node.input[at]!, from);
  if (node.opType === "Add") return { factor, shift: shift + number };
  if (node.opType === "Sub") return { factor, shift: shift - number };
  if (node.opType === "Mul") return { factor: factor * number, shift: shift * number };
  if (node.opType === "Div") return { factor: factor / number, shift: shift / number };
  throw new UnknownGraphError("coordinates scaled and shifted by single numbers", node.opType);
}

function findLabels(reader: GraphReader, stock: StockInterface): Matrix {
  const rows = labelValues.map((label) => {
    const name = label === -1 ? "not_a_point_embed.weight" : `point_embeddings.${label}.weight`;
    const row =
      namedWeight(reader, name, stock.channels) ??
      reader.graph.node.flatMap((node) => labelEmbedding(reader, node, stock, label))[0];
    if (row === undefined) throw new UnknownGraphError(`the embedding of label ${label}`, "none");
    return Array.from(row);
  });
  return matrix(rows.length, stock.channels, rows.flat());
}

/** `Equal(labels, label)` cast to 0 or 1 and multiplied by a constant vector: that vector. */
function labelEmbedding(
  reader: GraphReader,
  equal: NodeProto,
  stock: StockInterface,
  label: number,
): ArrayLike<number>[] {
  if (equal.opType !== "Equal") return [];
  const compared = equal.input.some((name) => reader.scalar(name) === label);
  if (!compared || !equal.input.some((name) => reader.dependsOn(name, stock.pointLabels))) return [];
  return reader.consumers(equal.output[0]!).flatMap((cast) => {
    if (cast.opType !== "Cast") return [];
    return reader.consumers(cast.output[0]!).flatMap((node) => {
      const vector = node.opType === "Mul" ? constantOperand(reader, node, stock.channels) : undefined;
      return vector === undefined ? [] : [vector];
    });
  });
}

function findOutputTokens(reader: GraphReader, stock: StockInterface): Matrix {
  for (const node of reader.graph.node) {
    if (node.opType !== "Concat" || node.input.length !== 2) continue;
    const [own, prompt] = node.input as [string, string];
    const constant = reader.constant(reader.beforeShaping(own)) ?? reader.constant(own);
    const count = (constant?.data.length ?? 0) / stock.channels;
    if (constant === undefined || count < 2 || !Number.isInteger(count)) continue;
    if (reader.dependsOn(prompt, stock.pointCoords)) return matrix(count, stock.channels, constant.data);
  }
  throw new UnknownGraphError("constant output tokens concatenated with the prompt's", "none");
}

function findNoMask(reader: GraphReader, stock: StockInterface): Matrix {
  const named = namedWeight(reader, "no_mask_embed.weight", stock.channels);
  if (named !== undefined) return matrix(1, stock.channels, named);
  for (const node of reader.graph.node) {
    if (node.opType !== "Mul" && node.opType !== "Where") continue;
    const vector = constantOperand(reader, node, stock.channels);
    if (vector === undefined) continue;
    if (node.input.some((name) => reader.dependsOn(name, stock.hasMaskInput))) {
      return matrix(1, stock.channels, vector);
    }
  }
  throw new UnknownGraphError(`${stock.channels} numbers that ${stock.hasMaskInput} turns off`, "none");
}

function findMaskDownscaling(reader: GraphReader, stock: StockInterface): PromptWeights["maskDownscaling"] {
  const nodes = reader.graph.node.filter(
    (node) => node.opType === "Conv" && reader.dependsOn(node.input[0]!, stock.maskInput),
  );
  const depth = (node: NodeProto): number => nodes.filter((other) => reader.ancestors(node).has(other)).length;
  const [first, second, third, ...more] = nodes
    .sort((a, b) => depth(a) - depth(b))
    .map((node) => patchConvolution(reader, node));
  if (first === undefined || second === undefined || third === undefined || more.length > 0) {
    throw new UnknownGraphError(`three convolutions of ${stock.maskInput}`, `${nodes.length}`);
  }
  const norm1 = normAfter(reader, first.output, "after the mask's first convolution");
  const norm2 = normAfter(reader, second.output, "after the mask's second convolution");
  const gelu1 = geluAfter(reader, norm1.output, "after the mask's first normalisation");
  const gelu2 = geluAfter(reader, norm2.output, "after the mask's second normalisation");
  const sizes = [first, second, third].map((convolution) => convolution.dims[2]).join();
  if (gelu1 !== second.input || gelu2 !== third.input || sizes !== "2,2,1") {
    throw new UnknownGraphError("2x2, 2x2 and 1x1 convolutions with GELU between them", `kernels ${sizes}`);
  }
  return { convolutions: [first, second, third], norms: [norm1, norm2] };
}

/** An initializer by the end of its name; the exporter puts the path of modules before it. */
function namedWeight(reader: GraphReader, end: string, length: number): ArrayLike<number> | undefined {
  const tensor = reader.graph.initializer.find(({ name }) => name === end || name.endsWith(`.${end}`));
  const data = tensor && reader.constant(tensor.name)?.data;
  return data?.length === length ? data : undefined;
}
