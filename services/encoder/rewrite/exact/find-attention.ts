import type { NodeProto } from "../../../../proto/onnx.js";
import type { Value } from "../../../inference/onnx/graph-builder.js";
import { attribute, type GraphReader } from "../../../inference/onnx/graph-reader.js";
import { type Matrix, matrix } from "../../../inference/onnx/matrix.js";
import { UnknownGraphError } from "../../../inference/onnx/unknown-graph-error.js";
import { onlyReader, withConstant } from "./walk.js";

/** x W + b for rows x. */
interface Linear {
  readonly weights: Matrix;
  readonly bias: ArrayLike<number>;
}

/**
 * Attention among the cells of each window, with a bias for each pair of places in it, as Swin has it (Liu et al. 2021, 3.2)
 * and TinyViT takes it over: the map is padded to whole windows with zeros, and cut again.
 */
export interface WindowAttention {
  /** [batch, rows, columns, channels] */
  readonly map: Value;
  /** Its sides: numbers, or int64 [1]. */
  readonly rows: number | Value;
  readonly columns: number | Value;
  /** Side of a window in cells. */
  readonly window: number;
  /** Layer normalisation of what lies in the windows. */
  readonly norm: { readonly scale: ArrayLike<number>; readonly bias: ArrayLike<number>; readonly epsilon: number };
  readonly heads: number;
  /** [channels] -> queries, keys and values, [3 * channels]: head by head, in each of them query, key, value. */
  readonly projection: Linear;
  /** Of the products of queries and keys. */
  readonly scale: number;
  /** [heads, window * window, window * window] */
  readonly bias: ArrayLike<number>;
  /** [channels] -> [channels], of what the heads give, one beside another. */
  readonly last: Linear;
  /** The attention's result: [batch, rows, columns, channels]. */
  readonly result: Value;
}

/** All of a graph. @throws UnknownGraphError when one is of another kind. */
export function findAttentions(graph: GraphReader): WindowAttention[] {
  const softmaxes = graph.graph.node.filter(({ opType }) => opType === "Softmax");
  return softmaxes.map((softmax) => new Search(graph, softmax).attention());
}

/** Goes both ways from a softmax. */
class Search {
  readonly #graph: GraphReader;
  readonly #softmax: NodeProto;

  constructor(graph: GraphReader, softmax: NodeProto) {
    this.#graph = graph;
    this.#softmax = softmax;
  }

  attention(): WindowAttention {
    const { scale, bias, dims, joined, beside } = this.#scores();
    const projection = this.#linear(joined);
    const norm = this.#is("layer normalisation", this.#graph.producer(projection.of), "LayerNormalization");
    const last = this.#linear(this.#next(this.#next(beside, "MatMul"), "Add"));
    const [heads = 0, places = 0] = dims;
    const [channels, window] = [projection.weights.rows, Math.sqrt(places)];
    const sizes = [...dims, projection.weights.cols, last.weights.rows, last.weights.cols].join();
    if (sizes !== [heads, window ** 2, window ** 2, 3 * channels, channels, channels].join()) {
      throw this.#unknown("attention in square windows that keeps the channels", `sizes of ${sizes}`);
    }
    return {
      map: this.#cutInto(norm.input[0]!),
      ...this.#putTogether(last.is),
      window,
      norm: {
        scale: this.#constant("a layer normalisation's scale", norm.input[1]),
        bias: this.#constant("a layer normalisation's bias", norm.input[2]),
        epsilon: attribute(norm, "epsilon")?.f ?? 1e-5,
      },
      heads,
      projection,
      scale,
      bias,
      last,
    };
  }

  /** Queries times keys, times values: from what is projected to what the heads give. */
  #scores() {
    const graph = this.#graph;
    const biased = withConstant(graph, this.#above(this.#softmax), "Add");
    if (biased === undefined) throw this.#unknown("a bias for each pair of places", "none");
    const scaled = this.#is("scaled scores", graph.producer(biased.value), "Mul");
    const scale = scaled.input.map((input) => graph.scalar(input)).find((number) => number !== undefined);
    const product = scaled.input.find((input) => graph.scalar(input) === undefined);
    if (scale === undefined || product === undefined) throw this.#unknown("a scale of the scores", "none");
    const scores = this.#is("queries times keys", graph.producer(product), "MatMul");
    const attended = this.#is("scores times values", this.#reader(this.#softmax), "MatMul");
    const parts = [
      this.#moved(scores.input[0]!, "0,2,1,3"),
      this.#moved(scores.input[1]!, "0,2,3,1"),
      this.#moved(attended.input[1]!, "0,2,1,3"),
    ];
    const split = this.#is("queries, keys and values", graph.producer(parts[0]!), "Split");
    if (split.output.join() !== parts.join()) throw this.#unknown("queries, keys and values of one split", "others");
    const joined = this.#above(this.#is("heads of each cell", this.#above(split), "Reshape"));
    const back = this.#next(attended, "Transpose");
    if (permutation(back) !== "0,2,1,3") throw this.#unknown("heads put together", "another order");
    const { data: bias, dims } = biased.constant;
    return { scale, bias, dims, joined, beside: this.#next(back, "Reshape") };
  }

  /** The map that windows are cut from, from the list of their cells. */
  #cutInto(windows: Value): Value {
    const order = this.#swap(this.#above(this.#is("windows", this.#graph.producer(windows), "Reshape")));
    const pad = this.#is("padding", this.#above(this.#is("split sides", this.#above(order), "Reshape")), "Pad");
    const value = pad.input[2] ? this.#graph.scalar(pad.input[2]) : 0;
    if (value !== 0) throw this.#unknown("padding with zeros", `one with ${value}`);
    return this.#graph.source(pad.input[0]!);
  }

  /** The map that windows are put together to, from the layer after them. */
  #putTogether(layer: NodeProto): Pick<WindowAttention, "rows" | "columns" | "result"> {
    const order = this.#swap(this.#next(this.#next(layer, "Reshape"), "Transpose"));
    const cutRows = this.#next(this.#next(order, "Reshape"), "Slice");
    const cutColumns = this.#next(cutRows, "Slice");
    const [rows, columns] = [cutRows, cutColumns].map((cut, i) => {
      const [start, axis] = [cut.input[1]!, cut.input[3]!].map((input) => this.#graph.scalar(input));
      if (start !== 0 || axis !== i + 1) throw this.#unknown("a cut of the map's padding", "another");
      return this.#graph.scalar(cut.input[2]!) ?? this.#graph.source(cut.input[2]!);
    });
    return { rows: rows!, columns: columns!, result: cutColumns.output[0]! };
  }

  /** x W + b, from its addition. */
  #linear(sum: NodeProto | undefined): Linear & { of: Value; is: NodeProto } {
    const added = withConstant(this.#graph, sum, "Add");
    if (added === undefined) throw this.#unknown("a linear layer's bias", "none");
    const product = this.#is("a linear layer", this.#graph.producer(added.value), "MatMul");
    const weights = this.#graph.constant(product.input[1]!);
    if (weights?.dims.length !== 2) throw this.#unknown("a linear layer's weights", "none");
    const [from, to] = weights.dims as [number, number];
    const of = this.#graph.source(product.input[0]!);
    return { weights: matrix(from, to, weights.data), bias: added.constant.data, of, is: sum! };
  }

  #constant(what: string, value: Value | undefined): ArrayLike<number> {
    const constant = value && this.#graph.constant(value);
    if (!constant) throw this.#unknown(what, "none");
    return constant.data;
  }

  /** Rows of windows and columns of their cells change places. */
  #swap(node: NodeProto | undefined): NodeProto {
    const order = this.#is("cells by window", node, "Transpose");
    if (permutation(order) !== "0,1,3,2,4,5") throw this.#unknown("cells by window", "another order");
    return order;
  }

  /** The value before its heads are apart. */
  #moved(value: Value, order: string): Value {
    const node = this.#is("heads apart", this.#graph.producer(value), "Transpose");
    if (permutation(node) !== order) throw this.#unknown(`heads apart by ${order}`, permutation(node));
    return this.#graph.source(node.input[0]!);
  }

  #above(node: NodeProto | undefined): NodeProto | undefined {
    return node && this.#graph.producer(node.input[0]!);
  }

  #reader(node: NodeProto): NodeProto | undefined {
    return onlyReader(this.#graph, node.output[0]!);
  }

  #next(node: NodeProto, opType: string): NodeProto {
    return this.#is(`${opType} after ${node.output[0]}`, this.#reader(node), opType);
  }

  #is(what: string, node: NodeProto | undefined, opType: string): NodeProto {
    if (node?.opType !== opType) throw this.#unknown(what, node?.opType ?? "nothing");
    return node;
  }

  #unknown(lookedFor: string, found: string): UnknownGraphError {
    return new UnknownGraphError(`${lookedFor} about ${this.#softmax.output[0]}`, found);
  }
}

function permutation(node: NodeProto): string {
  return attribute(node, "perm")?.ints.join() ?? "";
}
