import type { GraphBuilder } from "../../onnx/graph-builder.js";
import { ConvertError } from "../convert-error.js";
import { type Known, known, type Live, live, type Tensor } from "../tensors.js";
import type { TfjsNode } from "../tfjs-graph.js";

/** Writes what a node does. @returns its results. */
export type Operator = (g: GraphBuilder, inputs: Inputs, node: TfjsNode) => Tensor[];

/** A node's inputs, by their places. Each of these throws ConvertError when it is not of the kind that is wanted. */
export class Inputs {
  readonly all: readonly Tensor[];
  readonly #node: TfjsNode;

  constructor(node: TfjsNode, all: readonly Tensor[]) {
    this.#node = node;
    this.all = all;
  }

  at(place: number): Tensor {
    const tensor = this.all.at(place);
    if (!tensor) throw this.refusal(`has no input ${place}`);
    return tensor;
  }

  known(place: number): Known {
    const tensor = this.at(place);
    if (tensor.kind !== "known") throw this.refusal(`has an input ${place} that is known only when the graph runs`);
    return tensor;
  }

  /** Known values too, as constants of the graph. */
  live(g: GraphBuilder, place: number): Live {
    const tensor = this.at(place);
    if (tensor.kind === "live") return tensor;
    return live(g.constant(`${this.#node.name}/${place}`, tensor.dims, tensor.data), tensor.dims);
  }

  refusal(why: string): ConvertError {
    return new ConvertError(`${this.#node.op} ${this.#node.name} ${why}`);
  }
}

export const only = (tensor: Tensor): Tensor[] => [tensor];

/** A known result of the same kind of numbers. */
export const likeKnown = ({ data }: Known, dims: readonly number[], values: Iterable<number>): Known =>
  known(dims, data instanceof Int32Array ? Int32Array.from(values) : Float32Array.from(values));
