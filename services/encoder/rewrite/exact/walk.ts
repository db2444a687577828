import type { NodeProto } from "../../../../proto/onnx.js";
import type { GraphReader } from "../../../inference/onnx/graph-reader.js";

/** The node that reads a value, if it is one alone. */
export function onlyReader(graph: GraphReader, value: string): NodeProto | undefined {
  const [reader, ...others] = graph.consumers(value);
  return others.length === 0 ? reader : undefined;
}

/** A node of this operator whose one input is a number, `constant` to float32's precision: its other input. */
export function otherThanConstant(
  graph: GraphReader,
  node: NodeProto | undefined,
  opType: string,
  constant: number,
): string | undefined {
  if (node?.opType !== opType) return undefined;
  const inputs = graph.inputs(node);
  const at = inputs.findIndex((input) => isNumber(graph.scalar(input), constant));
  // The number of a division is what is divided by.
  if (at === -1 || (opType === "Div" && at !== 1)) return undefined;
  return inputs[1 - at];
}

/** A node of this operator on a value and a constant of more than one element. */
export function withConstant(
  graph: GraphReader,
  node: NodeProto | undefined,
  opType: string,
): { readonly value: string; readonly constant: { dims: readonly number[]; data: ArrayLike<number> } } | undefined {
  if (node?.opType !== opType || node.input.length !== 2) return undefined;
  const inputs = graph.inputs(node);
  for (const [at, input] of inputs.entries()) {
    const constant = graph.constant(input);
    if (constant !== undefined && constant.data.length > 1) return { value: inputs[1 - at]!, constant };
  }
  return undefined;
}

function isNumber(found: number | undefined, wanted: number): boolean {
  return found !== undefined && Math.abs(found - wanted) <= 1e-6 * Math.abs(wanted);
}
