import { fromBinary } from "@bufbuild/protobuf";
import type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto } from "../../../proto/onnx.js";
import { ModelProtoSchema, TensorProto_DataLocation, TensorProto_DataType } from "../../../proto/onnx.js";
import { UnknownGraphError } from "./unknown-graph-error.js";

/** A constant of a graph: a dense row-major tensor; integers and booleans come as numbers too. */
interface Constant {
  readonly dims: readonly number[];
  readonly data: ArrayLike<number>;
}

/** Operators that move values about and never change one. */
const shapeOperators = new Set(["Reshape", "Transpose", "Unsqueeze", "Squeeze", "Flatten", "Expand", "Tile"]);

/**
 * One ONNX graph, to be walked both ways by the names of its values. `Identity` nodes are looked through.
 */
export class GraphReader {
  readonly graph: GraphProto;
  readonly #producers = new Map<string, NodeProto>();
  readonly #consumers = new Map<string, NodeProto[]>();
  readonly #initializers = new Map<string, TensorProto>();
  readonly #constants = new Map<string, Constant | undefined>();
  readonly #ancestors = new Map<NodeProto, ReadonlySet<NodeProto>>();

  constructor(readonly model: ModelProto) {
    if (model.graph === undefined) throw new UnknownGraphError("a graph in the model", "none");
    this.graph = model.graph;
    for (const tensor of this.graph.initializer) this.#initializers.set(tensor.name, tensor);
    for (const node of this.graph.node) for (const output of node.output) this.#producers.set(output, node);
    for (const node of this.graph.node) {
      for (const input of new Set(node.input.map((name) => this.source(name)))) {
        const known = this.#consumers.get(input);
        if (known === undefined) this.#consumers.set(input, [node]);
        else known.push(node);
      }
    }
  }

  /** Parses an ONNX file. Throws UnknownGraphError when it is not one. */
  static parse(bytes: Uint8Array): GraphReader {
    let model: ModelProto;
    try {
      model = fromBinary(ModelProtoSchema, bytes);
    } catch {
      throw new UnknownGraphError("an ONNX model", "bytes that are not one");
    }
    return new GraphReader(model);
  }

  /** The name of a value before any `Identity`. */
  source(value: string): string {
    const node = this.#producers.get(value);
    return node?.opType === "Identity" ? this.source(node.input[0]!) : value;
  }

  /** The node that computes a value; none for graph inputs and initializers. */
  producer(value: string): NodeProto | undefined {
    return this.#producers.get(this.source(value));
  }

  /** The nodes that read a value, less `Shape` and `Identity`, which do not look at what it holds. */
  consumers(value: string): NodeProto[] {
    const all = this.#consumers.get(this.source(value)) ?? [];
    return all.filter((node) => node.opType !== "Shape" && node.opType !== "Identity");
  }

  /** The inputs of a node, looked through `Identity`. */
  inputs(node: NodeProto): string[] {
    return node.input.map((name) => this.source(name));
  }

  /** Goes up from a value past operators that only move values about. */
  beforeShaping(value: string): string {
    const node = this.producer(value);
    return node !== undefined && shapeOperators.has(node.opType)
      ? this.beforeShaping(node.input[0]!)
      : this.source(value);
  }

  /** Every value that holds the same numbers further down: itself, and past operators that only move values about. */
  afterShaping(value: string): string[] {
    const values = [this.source(value)];
    for (const node of this.consumers(value)) {
      if (shapeOperators.has(node.opType) && this.source(node.input[0]!) === this.source(value)) {
        values.push(...this.afterShaping(node.output[0]!));
      }
    }
    return values;
  }

  /** All nodes whose values a node's inputs are made of; what only asks a value for its shape does not count. */
  ancestors(node: NodeProto): ReadonlySet<NodeProto> {
    const known = this.#ancestors.get(node);
    if (known !== undefined) return known;
    const found = new Set<NodeProto>();
    const waiting = [node];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const input of next.input) {
        const producer = this.producer(input);
        if (producer === undefined || producer.opType === "Shape" || found.has(producer)) continue;
        found.add(producer);
        waiting.push(producer);
      }
    }
    this.#ancestors.set(node, found);
    return found;
  }

  /** Whether a value depends on a graph input (or on any other value). */
  dependsOn(value: string, on: string): boolean {
    if (this.source(value) === on) return true;
    const node = this.producer(value);
    if (node === undefined || node.opType === "Shape") return false;
    const reads = (candidate: NodeProto): boolean => candidate.input.some((name) => this.source(name) === on);
    return reads(node) || [...this.ancestors(node)].some(reads);
  }

  /**
   * What a value holds if it is constant: an initializer, a `Constant`, or either of them after reshaping, a transpose or
   * a concatenation (exports without constant folding carry those).
   */
  constant(value: string): Constant | undefined {
    const name = this.source(value);
    if (!this.#constants.has(name)) this.#constants.set(name, this.#evaluate(name));
    return this.#constants.get(name);
  }

  /** The single number that a value holds if it is a constant of one element. */
  scalar(value: string): number | undefined {
    const constant = this.constant(value);
    return constant?.data.length === 1 ? constant.data[0] : undefined;
  }

  #evaluate(name: string): Constant | undefined {
    const initializer = this.#initializers.get(name);
    if (initializer !== undefined) return readTensor(initializer);
    const node = this.producer(name);
    if (node === undefined) return undefined;
    if (node.opType === "Constant") return readConstantNode(node);
    if (!["Reshape", "Unsqueeze", "Squeeze", "Transpose", "Concat"].includes(node.opType)) return undefined;
    const inputs = (node.opType === "Concat" ? node.input : node.input.slice(0, 1)).map((input) =>
      this.constant(input),
    );
    if (!inputs.every((input) => input !== undefined)) return undefined;
    const [first] = inputs;
    if (first === undefined) return undefined;
    if (node.opType === "Concat") return attribute(node, "axis")?.i === 0n ? concatRows(inputs) : undefined;
    if (node.opType === "Transpose") return transposeMatrix(first);
    // The shape that a reshape gives is of no interest here: every reader of a constant knows how many numbers it wants.
    return { dims: [first.data.length], data: first.data };
  }
}

/** A node's attribute by name. */
export function attribute(node: NodeProto, name: string): AttributeProto | undefined {
  return node.attribute.find((candidate) => candidate.name === name);
}

function readConstantNode(node: NodeProto): Constant | undefined {
  const value = node.attribute[0];
  if (value?.t !== undefined) return readTensor(value.t);
  if (value?.name === "value_float") return { dims: [], data: [value.f] };
  if (value?.name === "value_floats") return { dims: [value.floats.length], data: value.floats };
  if (value?.name === "value_int") return { dims: [], data: [Number(value.i)] };
  if (value?.name === "value_ints") return { dims: [value.ints.length], data: value.ints.map(Number) };
  return undefined;
}

function readTensor(tensor: TensorProto): Constant | undefined {
  if (tensor.dataLocation === TensorProto_DataLocation.EXTERNAL) {
    throw new UnknownGraphError("weights inside the ONNX file", `the tensor "${tensor.name}" in a file beside it`);
  }
  const dims = tensor.dims.map(Number);
  const count = dims.reduce((product, dim) => product * dim, 1);
  // A copy, because raw_data starts anywhere in the file and typed arrays want alignment.
  const raw = tensor.rawData.length > 0 ? new Uint8Array(tensor.rawData).buffer : undefined;
  let data: ArrayLike<number>;
  if (tensor.dataType === TensorProto_DataType.FLOAT) data = raw ? new Float32Array(raw) : tensor.floatData;
  else if (tensor.dataType === TensorProto_DataType.DOUBLE) data = raw ? new Float64Array(raw) : tensor.doubleData;
  else if (tensor.dataType === TensorProto_DataType.INT32) data = raw ? new Int32Array(raw) : tensor.int32Data;
  else if (tensor.dataType === TensorProto_DataType.INT64) {
    data = Array.from(raw ? new BigInt64Array(raw) : tensor.int64Data, Number);
  } else return undefined;
  return data.length === count ? { dims, data } : undefined;
}

function concatRows(parts: readonly Constant[]): Constant {
  const rows = parts.reduce((sum, part) => sum + (part.dims[0] ?? 1), 0);
  const data = parts.flatMap((part) => Array.from(part.data));
  return { dims: [rows, ...parts[0]!.dims.slice(1)], data };
}

function transposeMatrix({ dims, data }: Constant): Constant | undefined {
  const [rows, cols] = dims;
  if (rows === undefined || cols === undefined || dims.length !== 2) return undefined;
  return {
    dims: [cols, rows],
    data: Float64Array.from({ length: data.length }, (_, i) => data[(i % rows) * cols + Math.floor(i / rows)]!),
  };
}
