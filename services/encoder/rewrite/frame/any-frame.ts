import type { NodeProto } from "../../../../proto/onnx.js";
import { GraphEditor } from "../../../inference/onnx/graph-editor.js";
import { attribute, type GraphReader } from "../../../inference/onnx/graph-reader.js";
import { UnknownGraphError } from "../../../inference/onnx/unknown-graph-error.js";
import type { EncoderInterface, Pass } from "../pass.js";
import { findWindows, type Windows } from "./find-windows.js";
import { FrameNumbers, type Sides } from "./frame-numbers.js";
import { areEntries, type Entry, shapeEntries } from "./shape-entries.js";

/**
 * The export's numbers for the sides of its maps become what the picture's sides give. The calculation itself stays node for
 * node what it was, so that the whole frame's embedding stays bit for bit.
 *
 * Right for encoders that look at no place of the frame in particular: convolutions, and attention in windows whose biases
 * are of places in the window.
 */
export const anyFrame: Pass = {
  name: "any frame",
  apply(graph, encoder) {
    const editor = new GraphEditor(graph.model, "frame");
    const numbers = new FrameNumbers(editor.write, encoder.input);
    const windows = findWindows(graph);
    if (windows.length === 0) throw new UnknownGraphError("attention in windows", "none");
    const reshape = (node: NodeProto, change: Readonly<Record<number, Entry>>): void => {
      const entries = shapeEntries(graph, node)!.map((entry, place) => change[place] ?? entry);
      const parts = entries.map((entry) => (typeof entry === "number" ? editor.write.integers([entry]) : entry));
      editor.rewire(node, 1, editor.write.concat(parts, 0));
    };
    for (const one of windows) freeWindows(one, sidesOf(numbers, one.side, encoder), { editor, numbers, reshape });
    const views = new Set(windows.map(({ view }) => view));
    for (const node of graph.graph.node) {
      const view = views.has(node) ? undefined : mapView(graph, node, encoder);
      if (view === undefined) continue;
      const { rows, columns } = sidesOf(numbers, view.side, encoder);
      reshape(node, { [view.axis]: rows, [view.axis + 1]: columns });
    }
    editor.free(encoder.input, { 2: "height", 3: "width" });
    editor.free(encoder.output, { 2: "rows", 3: "columns" });
    return editor.result();
  },
};

interface Tools {
  readonly editor: GraphEditor;
  readonly numbers: FrameNumbers;
  /** Other entries, by place, for what a `Reshape` makes. */
  readonly reshape: (node: NodeProto, change: Readonly<Record<number, Entry>>) => void;
}

function freeWindows(found: Windows, sides: Sides, { editor, numbers, reshape }: Tools): void {
  const { window } = found;
  const count = numbers.windows(sides, window);
  const padded = numbers.padded(count, window);
  const padding = numbers.padding(padded, sides);
  const none = editor.write.integers([0, 0, 0, 0, 0]);
  const pads = [none, padding.rows, padding.columns, editor.write.integers([0])];
  reshape(found.view, { 1: sides.rows, 2: sides.columns });
  editor.rewire(found.pad, 1, editor.write.concat(pads, 0));
  reshape(found.split, { 1: count.rows, 3: count.columns });
  reshape(found.windows, { 0: -1 });
  reshape(found.merge, { 1: count.rows, 2: count.columns });
  reshape(found.map, { 1: padded.rows, 2: padded.columns });
  const [rows, columns] = found.cuts;
  editor.rewire(rows, 2, sides.rows);
  editor.rewire(columns, 2, sides.columns);
}

/** A list of cells seen as a map for a convolution: channels first, or last and then transposed. `axis`: the rows' place. */
function mapView(
  graph: GraphReader,
  node: NodeProto,
  encoder: EncoderInterface,
): { side: number; axis: number } | undefined {
  const entries = shapeEntries(graph, node);
  const side = entries?.[2];
  if (typeof side !== "number" || strideOf(side, encoder) === undefined) return undefined;
  const readers = graph.consumers(node.output[0]!);
  const toFront = (reader: NodeProto): boolean =>
    reader.opType === "Transpose" && attribute(reader, "perm")?.ints.join() === "0,3,1,2";
  if (areEntries(entries, [undefined, side, side, undefined]) && readers.every(toFront)) return { side, axis: 1 };
  const isFirst = areEntries(entries, [undefined, undefined, side, side]);
  return isFirst && readers.every(({ opType }) => opType === "Conv") ? { side, axis: 2 } : undefined;
}

/** Pixels of a cell, for a side that a map of the whole frame may have: the embedding's, doubled some times. */
function strideOf(side: number, { size, grid }: EncoderInterface): number | undefined {
  const isMap = side >= grid && Number.isInteger(Math.log2(side / grid)) && size % side === 0;
  return isMap ? size / side : undefined;
}

/** @throws UnknownGraphError for a side that is none of the frame's maps'. */
function sidesOf(numbers: FrameNumbers, side: number, encoder: EncoderInterface): Sides {
  const stride = strideOf(side, encoder);
  if (stride === undefined) throw new UnknownGraphError("a map of the frame", `one of ${side} x ${side} cells`);
  return numbers.sides(stride);
}
