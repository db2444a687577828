import type { NodeProto } from "../../../../proto/onnx.js";
import type { Value } from "../../../inference/onnx/graph-builder.js";
import type { GraphReader } from "../../../inference/onnx/graph-reader.js";

/** A dimension of a shape: a number of the export's, or a value int64 [1] that is known when the graph runs. */
export type Entry = number | Value;

/** What a `Reshape` makes of its input, entry by entry. Undefined when that cannot be told, and for other operators. */
export function shapeEntries(graph: GraphReader, node: NodeProto | undefined): readonly Entry[] | undefined {
  if (node?.opType !== "Reshape") return undefined;
  const shape = node.input[1]!;
  const constant = graph.constant(shape);
  if (constant !== undefined) return Array.from(constant.data);
  const concat = graph.producer(shape);
  if (concat?.opType !== "Concat") return undefined;
  const entries: Entry[] = [];
  for (const part of concat.input) {
    const numbers = graph.constant(part);
    if (numbers !== undefined) entries.push(...Array.from(numbers.data));
    // A single dimension of another value, as exporters write `x.shape[i]`.
    else if (graph.producer(part)?.opType === "Unsqueeze") entries.push(part);
    else return undefined;
  }
  return entries;
}

/** Whether entries are these: a number is that number, undefined anything. */
export function areEntries(
  entries: readonly Entry[] | undefined,
  wanted: readonly (number | undefined)[],
): entries is readonly Entry[] {
  return (
    entries?.length === wanted.length &&
    wanted.every((number, place) => number === undefined || number === entries[place])
  );
}
