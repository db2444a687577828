import type { GraphBuilder, Value } from "../onnx/graph-builder.js";
import type { Constant } from "./tfjs-graph.js";

/** A value that is reckoned when the graph runs. All shapes are known: one picture at a time, of one size. */
export interface Live {
  readonly kind: "live";
  readonly value: Value;
  /** As the source graph sees it. */
  readonly dims: readonly number[];
  /**
   * In ONNX's graph its axes are [batch, channels, height, width] where the source has [batch, height, width, channels]: a
   * convolution's result stays as ONNX has it until somebody needs it otherwise.
   */
  readonly isChannelsFirst: boolean;
}

/** A value that is known already. */
export interface Known extends Constant {
  readonly kind: "known";
}

export type Tensor = Live | Known;

export const known = (dims: readonly number[], data: Constant["data"]): Known => ({ kind: "known", dims, data });

export const live = (value: Value, dims: readonly number[], isChannelsFirst = false): Live => ({
  kind: "live",
  value,
  dims,
  isChannelsFirst,
});

/** Where ONNX has an axis of [batch, height, width, channels]. */
export const firstAxis = [0, 2, 3, 1] as const;

/** In the source's order of axes. */
export function plain(g: GraphBuilder, tensor: Live): Value {
  return tensor.isChannelsFirst ? g.transpose(tensor.value, [0, 2, 3, 1]) : tensor.value;
}

/** As [batch, channels, height, width]. */
export function channelsFirst(g: GraphBuilder, tensor: Live): Value {
  return tensor.isChannelsFirst ? tensor.value : g.transpose(tensor.value, [0, 3, 1, 2]);
}

/** Whole numbers of a value that must be known: a shape, axes, paddings. */
export const wholes = ({ data }: Known): number[] => Array.from(data);
