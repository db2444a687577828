import type { NodeProto } from "../../../../proto/onnx.js";
import { attribute, type GraphReader } from "../../../inference/onnx/graph-reader.js";
import { UnknownGraphError } from "../../../inference/onnx/unknown-graph-error.js";
import { areEntries, shapeEntries } from "./shape-entries.js";

/** The windows of one attention: its map of cells cut into them and put together again, node by node. */
export interface Windows {
  /** Side of the map in the whole frame, in cells. */
  readonly side: number;
  /** Side of a window in cells. */
  readonly window: number;
  /** -> [batch, side, side, channels] */
  readonly view: NodeProto;
  /** Zeros at the end of both sides, to whole windows: [batch, n * window, n * window, channels]. */
  readonly pad: NodeProto;
  /** -> [batch, n, window, n, window, channels] */
  readonly split: NodeProto;
  /** -> [batch * n * n, window * window, channels] */
  readonly windows: NodeProto;
  /** -> [batch, n, n, window, window, channels] */
  readonly merge: NodeProto;
  /** -> [batch, n * window, n * window, channels] */
  readonly map: NodeProto;
  /** What was padded is cut off again: rows, then columns. */
  readonly cuts: readonly [NodeProto, NodeProto];
}

/** Window partition of Swin (Liu et al. 2021, 3.2), which TinyViT takes over, as PyTorch's exporter writes it. */
export function findWindows(graph: GraphReader): Windows[] {
  return graph.graph.node.filter(({ opType }) => opType === "Pad").map((pad) => windowsOf(graph, pad));
}

/** @throws UnknownGraphError when a map is padded for something else. */
function windowsOf(graph: GraphReader, pad: NodeProto): Windows {
  const found = (what: string, node: NodeProto | undefined, is: (node: NodeProto) => boolean): NodeProto => {
    if (node !== undefined && is(node)) return node;
    throw new UnknownGraphError(`${what} of the windows at ${pad.output[0]}`, node?.opType ?? "nothing");
  };
  const next = (node: NodeProto): NodeProto | undefined => {
    const [only, ...others] = graph.consumers(node.output[0]!);
    return others.length === 0 ? only : undefined;
  };
  const reshapes =
    (...wanted: (number | undefined)[]) =>
    (node: NodeProto): boolean =>
      areEntries(shapeEntries(graph, node), wanted);
  const swaps = (node: NodeProto): boolean =>
    node.opType === "Transpose" && attribute(node, "perm")?.ints.join() === "0,1,3,2,4,5";

  const view = found("the view as a map", graph.producer(pad.input[0]!), (node) => isSquare(graph, node));
  const side = shapeEntries(graph, view)![1] as number;
  const split = found("the split", next(pad), (node) => shapeEntries(graph, node)?.length === 6);
  const window = shapeEntries(graph, split)![2] as number;
  const count = Math.ceil(side / window);
  found("the split", split, reshapes(undefined, count, window, count, window, undefined));
  const swapped = found("the order by window", next(split), swaps);
  const windows = found("the windows", next(swapped), reshapes(undefined, window ** 2, undefined));
  const merge = found(
    "the merge",
    firstAfter(graph, windows, reshapes(undefined, count, count, window, window, undefined)),
    () => true,
  );
  const back = found("the order by row", next(merge), swaps);
  const padded = count * window;
  const map = found("the padded map", next(back), reshapes(undefined, padded, padded, undefined));
  const cuts = (axis: number) => (node: NodeProto) => isCut(graph, node, axis, side);
  const rows = found("the cut of the rows", next(map), cuts(1));
  const columns = found("the cut of the columns", next(rows), cuts(2));
  return { side, window, view, pad, split, windows, merge, map, cuts: [rows, columns] };
}

function isSquare(graph: GraphReader, node: NodeProto): boolean {
  const side = shapeEntries(graph, node)?.[1];
  return typeof side === "number" && areEntries(shapeEntries(graph, node), [undefined, side, side, undefined]);
}

/** Elements 0 to `end` of one axis. */
function isCut(graph: GraphReader, node: NodeProto, axis: number, end: number): boolean {
  const numbers = node.input.slice(1).map((input) => graph.scalar(input));
  return node.opType === "Slice" && [0, end, axis].every((number, place) => numbers[place] === number);
}

/** The nearest node that is looked for among those that are made of a node's result. */
function firstAfter(graph: GraphReader, node: NodeProto, is: (node: NodeProto) => boolean): NodeProto | undefined {
  const waiting = [node];
  const seen = new Set(waiting);
  for (const each of waiting) {
    for (const consumer of each.output.flatMap((value) => graph.consumers(value))) {
      if (is(consumer)) return consumer;
      if (!seen.has(consumer)) waiting.push(consumer);
      seen.add(consumer);
    }
  }
  return undefined;
}
