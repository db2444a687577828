import type { NodeProto } from "../../../proto/onnx.js";
import { attribute, type GraphReader } from "../../inference/onnx/graph-reader.js";
import { type Matrix, matrix, transpose } from "../../inference/onnx/matrix.js";
import { UnknownGraphError } from "../../inference/onnx/unknown-graph-error.js";

/** y = x W + b over the last axis. */
export interface Linear {
  readonly input: string;
  readonly output: string;
  /** [in, out] */
  readonly weight: Matrix;
  /** [1, out] */
  readonly bias: Matrix;
}

/** Layer normalisation over the channels: (x - mean) / sqrt(variance + epsilon) * weight + bias. */
export interface Norm {
  readonly input: string;
  readonly output: string;
  /** [1, channels] */
  readonly weight: Matrix;
  /** [1, channels] */
  readonly bias: Matrix;
  readonly epsilon: number;
}

/** A convolution or transposed convolution with a square kernel whose stride is its size. */
export interface PatchConvolution {
  readonly input: string;
  readonly output: string;
  /** As in ONNX: Conv [out, in, k, k], ConvTranspose [in, out, k, k], row-major. */
  readonly weight: ArrayLike<number>;
  readonly dims: readonly number[];
  /** [1, out] */
  readonly bias: Matrix;
}

/** The linear layer that a `MatMul` (with a constant on the right) or a `Gemm` belongs to, with its bias. */
function linearOf(reader: GraphReader, node: NodeProto): Linear | undefined {
  const [input, weightName, biasName] = reader.inputs(node);
  const constant = weightName === undefined ? undefined : reader.constant(weightName);
  const [rows, cols] = constant?.dims ?? [];
  if (input === undefined || constant?.dims.length !== 2 || rows === undefined || cols === undefined) return undefined;
  const stored = matrix(rows, cols, constant.data);
  if (node.opType === "Gemm") {
    const plain = (attribute(node, "alpha")?.f ?? 1) === 1 && (attribute(node, "beta")?.f ?? 1) === 1;
    if (!plain || attribute(node, "transA")?.i) return undefined;
    const weight = attribute(node, "transB")?.i ? transpose(stored) : stored;
    const bias = biasName ? reader.constant(biasName)?.data : new Float64Array(weight.cols);
    if (bias?.length !== weight.cols) return undefined;
    return { input, output: node.output[0]!, weight, bias: matrix(1, weight.cols, bias) };
  }
  if (node.opType !== "MatMul") return undefined;
  const adds = reader.consumers(node.output[0]!).filter((next) => next.opType === "Add");
  const added = adds.length === 1 ? constantOperand(reader, adds[0]!, cols) : undefined;
  return added === undefined
    ? { input, output: node.output[0]!, weight: stored, bias: matrix(1, cols, new Float64Array(cols)) }
    : { input, output: adds[0]!.output[0]!, weight: stored, bias: matrix(1, cols, added) };
}

/** The linear layer whose result a value is, past reshaping. */
export function linearBefore(reader: GraphReader, value: string): Linear | undefined {
  const node = reader.producer(reader.beforeShaping(value));
  if (node === undefined) return undefined;
  if (node.opType !== "Add") return linearOf(reader, node);
  for (const input of node.input) {
    const product = reader.producer(input);
    const linear = product && linearOf(reader, product);
    if (linear?.output === node.output[0]) return linear;
  }
  return undefined;
}

/** The linear layers that read a value, past reshaping. */
export function linearsAfter(reader: GraphReader, value: string): Linear[] {
  return reader.afterShaping(value).flatMap((shaped) =>
    reader.consumers(shaped).flatMap((node) => {
      const linear = linearOf(reader, node);
      return linear !== undefined && linear.input === reader.source(shaped) ? [linear] : [];
    }),
  );
}

/** The one linear layer that reads a value. Throws UnknownGraphError naming `what` when there is none or more. */
export function onlyLinearAfter(reader: GraphReader, value: string, what: string): Linear {
  const [linear, ...more] = linearsAfter(reader, value);
  if (linear === undefined || more.length > 0) {
    throw new UnknownGraphError(`one linear layer, ${what}`, linear === undefined ? "none" : `${more.length + 1}`);
  }
  return linear;
}

/** The layers of an MLP with ReLU between them, from its first layer on. */
export function mlpFrom(reader: GraphReader, first: Linear): Linear[] {
  for (const node of reader.consumers(first.output)) {
    if (node.opType !== "Relu") continue;
    const [next] = linearsAfter(reader, node.output[0]!);
    if (next !== undefined) return [first, ...mlpFrom(reader, next)];
  }
  return [first];
}

/**
 * The normalisation of a value, or of its sum with a residual. Knows `LayerNormalization` and the operators that it is
 * made of, over any axis (ConvNeXt's LayerNorm2d is exported as those).
 */
export function normAfter(reader: GraphReader, value: string, what: string): Norm & { readonly residual: boolean } {
  const direct = normOf(reader, value);
  if (direct !== undefined) return { ...direct, residual: false };
  for (const node of reader.consumers(value)) {
    const norm = node.opType === "Add" ? normOf(reader, node.output[0]!) : undefined;
    if (norm !== undefined) return { ...norm, residual: true };
  }
  throw new UnknownGraphError(`a layer normalisation, ${what}`, "none");
}

function normOf(reader: GraphReader, value: string): Norm | undefined {
  const input = reader.source(value);
  for (const node of reader.consumers(value)) {
    if (node.opType === "LayerNormalization") {
      const weight = reader.constant(node.input[1]!)?.data;
      const bias = node.input[2] ? reader.constant(node.input[2])?.data : new Float64Array(weight?.length ?? 0);
      if (weight === undefined || bias?.length !== weight.length) return undefined;
      const epsilon = attribute(node, "epsilon")?.f ?? 1e-5;
      const output = node.output[0]!;
      return { input, output, epsilon, weight: matrix(1, weight.length, weight), bias: matrix(1, bias.length, bias) };
    }
    if (node.opType !== "Sub" || reader.source(node.input[0]!) !== input) continue;
    const norm = normFromCentred(reader, node);
    if (norm !== undefined) return { input, ...norm };
  }
  return undefined;
}

/** From x - mean(x): (x - mean) / sqrt(mean((x - mean)^2) + epsilon) * weight + bias. */
function normFromCentred(reader: GraphReader, centred: NodeProto): Omit<Norm, "input"> | undefined {
  if (reader.producer(centred.input[1]!)?.opType !== "ReduceMean") return undefined;
  const divided = reader.consumers(centred.output[0]!).find((node) => node.opType === "Div");
  const root = divided && reader.producer(divided.input[1]!);
  const variance = root?.opType === "Sqrt" ? reader.producer(root.input[0]!) : undefined;
  const epsilon = variance?.opType === "Add" ? variance.input.map((name) => reader.scalar(name)) : [];
  const scaled = divided && reader.consumers(divided.output[0]!).find((node) => node.opType === "Mul");
  const weight = scaled && constantOperand(reader, scaled);
  const shifted = scaled && reader.consumers(scaled.output[0]!).find((node) => node.opType === "Add");
  const bias = shifted && constantOperand(reader, shifted, weight?.length);
  const known = epsilon.find((value) => value !== undefined);
  if (weight === undefined || bias === undefined || shifted === undefined || known === undefined) return undefined;
  return {
    output: shifted.output[0]!,
    weight: matrix(1, weight.length, weight),
    bias: matrix(1, bias.length, bias),
    epsilon: known,
  };
}

/** What comes out of GELU with the error function, spelled out or as one operator, on a value. */
export function geluAfter(reader: GraphReader, value: string, what: string): string {
  for (const node of reader.consumers(value)) {
    if (node.opType === "Gelu") return node.output[0]!;
    if (node.opType !== "Div" && node.opType !== "Mul") continue;
    const erf = reader.consumers(node.output[0]!).find((next) => next.opType === "Erf");
    if (erf !== undefined) return endOfGelu(reader, erf.output[0]!);
  }
  throw new UnknownGraphError(`GELU, ${what}`, "none");
}

/** x * 0.5 * (1 + erf) in any order: the end is where neither a sum nor a product follows. */
function endOfGelu(reader: GraphReader, value: string): string {
  const [next, ...more] = reader.consumers(value);
  const goesOn = more.length === 0 && (next?.opType === "Add" || next?.opType === "Mul");
  return goesOn ? endOfGelu(reader, next.output[0]!) : value;
}

/** A `Conv` or `ConvTranspose` whose stride is its kernel, so that it is a matrix product over patches. */
export function patchConvolution(reader: GraphReader, node: NodeProto): PatchConvolution {
  const what = `a ${node.opType} with a square kernel, as large as its stride, and constant weights`;
  const weight = reader.constant(node.input[1]!);
  const [first = 0, second = 0, height, width] = weight?.dims ?? [];
  const strides = (attribute(node, "strides")?.ints ?? [1n, 1n]).map(Number);
  const plain = (attribute(node, "pads")?.ints ?? []).every((pad) => pad === 0n) && !attribute(node, "output_padding");
  const grouped = (attribute(node, "group")?.i ?? 1n) !== 1n;
  const channels = node.opType === "Conv" ? first : second;
  const bias = node.input[2] ? reader.constant(node.input[2])?.data : new Float64Array(channels);
  const fits = height === width && strides.every((stride) => stride === height) && bias?.length === channels;
  if (weight === undefined || bias === undefined || !fits || !plain || grouped) {
    throw new UnknownGraphError(what, `"${node.name}" with weights [${weight?.dims.join(",") ?? "not constant"}]`);
  }
  return {
    input: reader.source(node.input[0]!),
    output: node.output[0]!,
    weight: weight.data,
    dims: weight.dims,
    bias: matrix(1, channels, bias),
  };
}

/** The constant operand of a binary operator, if it has one (of `length` elements). */
export function constantOperand(reader: GraphReader, node: NodeProto, length?: number): ArrayLike<number> | undefined {
  for (const input of node.input) {
    const data = reader.constant(input)?.data;
    if (data !== undefined && (length === undefined || data.length === length)) return data;
  }
  return undefined;
}
