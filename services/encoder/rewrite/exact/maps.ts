import type { NodeProto } from "../../../../proto/onnx.js";
import type { GraphBuilder, Value } from "../../../inference/onnx/graph-builder.js";
import { GraphEditor } from "../../../inference/onnx/graph-editor.js";
import { attribute, type GraphReader } from "../../../inference/onnx/graph-reader.js";
import { matrix, transpose } from "../../../inference/onnx/matrix.js";
import { UnknownGraphError } from "../../../inference/onnx/unknown-graph-error.js";
import type { Pass } from "../pass.js";
import { MapSizes } from "./map-sizes.js";
import { onlyReader, withConstant } from "./walk.js";

/**
 * Lists of cells [1, rows * columns, channels] become maps [1, channels, rows, columns], and linear layers on them convolutions
 * of one cell. Between two convolutions nothing has to be put in another order then, the runtime's blocked convolutions are
 * faster than its matrix products of these sizes, and they add what is added to them.
 */
export const maps: Pass = {
  name: "maps",
  apply(graph) {
    const editor = new GraphEditor(graph.model, "maps");
    const layouts = new Layouts(graph, editor);
    for (const node of graph.graph.node) layouts.read(node);
    if (layouts.replaced === 0) throw new UnknownGraphError("lists of cells between convolutions", "none");
    return editor.result();
  },
};

const channelsFirst = "0,3,1,2";
const channelsLast = "0,2,3,1";

/** Which maps lists are, made when somebody asks for them. */
class Layouts {
  /** How many values of the graph are made from maps now. */
  replaced = 0;
  readonly #graph: GraphReader;
  readonly #editor: GraphEditor;
  readonly #write: GraphBuilder;
  /** By the name of a list. */
  readonly #first = new Map<Value, Value>();
  readonly #last = new Map<Value, Value>();
  readonly #sizes: MapSizes;

  constructor(graph: GraphReader, editor: GraphEditor) {
    this.#graph = graph;
    this.#editor = editor;
    this.#write = editor.write;
    this.#sizes = new MapSizes(editor);
  }

  /** Takes up the next node in the order of computation. */
  read(node: NodeProto): void {
    const output = node.output[0]!;
    const [list] = this.#graph.inputs(node);
    if (node.opType === "Reshape") this.#readReshape(node, list!);
    else if (node.opType === "Transpose") this.#readTranspose(node, list!);
    else if (node.opType === "LayerNormalization" && this.#isList(list)) {
      this.#last.set(output, this.#again(node, this.#lastOf(list!)));
    } else if (node.opType === "Gelu" && this.#isList(list)) {
      this.#first.set(output, this.#again(node, this.#firstOf(list!)));
    } else if (node.opType === "Add") this.#readAdd(node);
  }

  #readReshape(node: NodeProto, of: Value): void {
    const output = node.output[0]!;
    const above = this.#graph.producer(of);
    const rank = this.#rank(node);
    if (rank === 3 && above?.opType === "Transpose" && order(above) === channelsLast) {
      this.#readConvolution(output, this.#graph.source(above.input[0]!));
    } else if (rank === 4 && this.#isList(of)) {
      this.#replace(output, this.#lastOf(of));
    } else if (rank === 4 && above?.opType === "Transpose" && order(above) === "0,2,1") {
      const list = this.#graph.source(above.input[0]!);
      if (this.#isList(list)) this.#replace(output, this.#firstOf(list));
    }
  }

  #readTranspose(node: NodeProto, of: Value): void {
    const above = this.#graph.producer(of);
    if (above?.opType !== "Reshape") return;
    const origin = this.#graph.source(above.input[0]!);
    if (order(node) === "0,2,1") this.#readConvolution(node.output[0]!, origin);
    else if (order(node) === channelsFirst && this.#rank(above) === 4 && this.#isList(origin)) {
      this.#replace(node.output[0]!, this.#firstOf(origin));
    }
  }

  /** A list that is made of a convolution's map. */
  #readConvolution(list: Value, map: Value): void {
    const node = this.#graph.producer(map);
    if (node?.opType !== "Conv") return;
    const channels = this.#graph.constant(node.input[1]!)?.dims[0];
    if (channels !== undefined) this.#sizes.hasChannels(map, channels);
    this.#first.set(list, map);
  }

  /** Two lists, or the end of a linear layer. */
  #readAdd(node: NodeProto): void {
    const inputs = this.#graph.inputs(node);
    if (inputs.every((input) => this.#isList(input))) {
      const [a, b] = inputs.map((input) => this.#firstOf(input)) as [Value, Value];
      const sum = this.#write.add(a, b);
      this.#sizes.areEqual([a, b, sum]);
      this.#first.set(node.output[0]!, sum);
      return;
    }
    const added = withConstant(this.#graph, node, "Add");
    const product = added && this.#graph.producer(added.value);
    if (product?.opType !== "MatMul" || onlyReader(this.#graph, added!.value) === undefined) return;
    const weights = this.#graph.constant(product.input[1]!);
    const list = this.#graph.source(product.input[0]!);
    if (weights?.dims.length !== 2 || !this.#isList(list)) return;
    const [from, to] = weights.dims as [number, number];
    const map = this.#write.within(node.name, () =>
      convolution(this.#write, this.#firstOf(list), { from, to, ...weights, bias: added!.constant.data }),
    );
    this.#sizes.hasChannels(map, to);
    this.#first.set(node.output[0]!, map);
  }

  #isList(value: Value | undefined): boolean {
    return value !== undefined && (this.#first.has(value) || this.#last.has(value));
  }

  #firstOf(list: Value): Value {
    return kept(this.#first, list, () => this.#write.transpose(this.#last.get(list)!, [0, 3, 1, 2]));
  }

  #lastOf(list: Value): Value {
    return kept(this.#last, list, () => this.#write.transpose(this.#first.get(list)!, [0, 2, 3, 1]));
  }

  #replace(value: Value, by: Value): void {
    this.#editor.replace(value, by);
    this.replaced++;
  }

  /** The same operator on another value. */
  #again(node: NodeProto, value: Value): Value {
    return this.#write.again(node, [value, ...node.input.slice(1)]);
  }

  /** How many dimensions a reshape makes; undefined when that cannot be told. */
  #rank(reshape: NodeProto): number | undefined {
    const shape = reshape.input[1]!;
    const numbers = this.#graph.constant(shape);
    if (numbers !== undefined) return numbers.data.length;
    const concat = this.#graph.producer(shape);
    return concat?.opType === "Concat" ? concat.input.length : undefined;
  }
}

/** x W + b of every cell of a map: [1, from, rows, columns] -> [1, to, rows, columns]; `data` [from, to]. */
export function convolution(
  write: GraphBuilder,
  map: Value,
  layer: { from: number; to: number; data: ArrayLike<number>; bias: ArrayLike<number> },
): Value {
  const { from, to, data, bias } = layer;
  const weights = write.constant("weights", [to, from, 1, 1], transpose(matrix(from, to, data)).data);
  return write.node("Conv", [map, weights, write.constant("bias", [to], bias)], { kernel_shape: { ints: [1, 1] } });
}

function order(node: NodeProto): string | undefined {
  return attribute(node, "perm")?.ints.join();
}

function kept(known: Map<Value, Value>, key: Value, make: () => Value): Value {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}
