import type { GraphBuilder, Value } from "../../../inference/onnx/graph-builder.js";
import { GraphEditor } from "../../../inference/onnx/graph-editor.js";
import { UnknownGraphError } from "../../../inference/onnx/unknown-graph-error.js";
import type { Pass } from "../pass.js";
import { findAttentions, type WindowAttention } from "./find-attention.js";
import { convolution } from "./maps.js";
import { WindowBias } from "./window-bias.js";
import { type WindowCells, windowCells } from "./window-cells.js";

/**
 * Attention in windows as one operator of the runtime's, which keeps the heads apart from the first product on and so moves
 * nothing about, and of the cells that the map has alone: what windows are padded with is zero before the layer normalisation,
 * and so it is after it, once scale and bias are the projection's; their queries are cut off, their keys are all the same, and
 * their values are in the last layer's bias. So all of them are one place of their window.
 */
export const windowAttention: Pass = {
  name: "window attention",
  apply(graph) {
    const editor = new GraphEditor(graph.model, "attention");
    const found = findAttentions(graph);
    if (found.length === 0) throw new UnknownGraphError("attention", "none");
    const known = new Map<string, WindowCells>();
    for (const [i, attention] of found.entries()) {
      const { window, result } = attention;
      const [rows, columns] = [attention.rows, attention.columns].map((side) =>
        typeof side === "number" ? editor.write.integers([side]) : side,
      );
      const key = `${rows} x ${columns} in ${window}`;
      const sides = { rows: rows!, columns: columns! };
      const cells = known.get(key) ?? editor.write.within(key, () => windowCells(editor.write, sides, window));
      known.set(key, cells);
      editor.replace(
        result,
        editor.write.within(`${i}`, () => write(editor.write, attention, cells)),
      );
    }
    return editor.result();
  },
};

/** [1, rows, columns, channels] -> the same. */
function write(write: GraphBuilder, found: WindowAttention, { regions, places }: WindowCells): Value {
  const { norm, heads, window, last } = found;
  const channels = norm.scale.length;
  const ones = write.constant("ones", [channels], new Float64Array(channels).fill(1));
  const normed = write.node("LayerNormalization", [found.map, ones], {
    axis: { int: -1 },
    epsilon: { float: norm.epsilon },
  });
  const outside = write.constant("outside the map", [1, channels], new Float64Array(channels));
  const list = write.concat([write.reshape(normed, [-1, channels]), outside], 0);
  const { weights, bias } = projectionOf(found);
  const projection = [
    write.constant("weights", [channels, 3 * channels], weights),
    write.constant("bias", [3 * channels], bias),
  ];
  const biases = new WindowBias(write, { heads, window, values: found.bias });
  const attributes = { num_heads: { int: heads }, scale: { float: found.scale } };
  const attended = regions.map((region) => {
    const cells = write.node("Gather", [list, region.cells]);
    const inputs = [cells, ...projection, "", "", biases.of(region)];
    return write.reshape(write.node("Attention", inputs, attributes, "com.microsoft"), [-1, channels]);
  });
  const map = write.node("Gather", [write.concat(attended, 0), places]);
  const layer = { from: channels, to: channels, data: last.weights.data, bias: last.bias };
  const after = write.within("last", () => convolution(write, write.transpose(map, [0, 3, 1, 2]), layer));
  return write.transpose(after, [0, 2, 3, 1]);
}

/** Normalisation and projection as one layer, all queries before all keys before all values, as the runtime wants them. */
function projectionOf({ norm, heads, projection }: WindowAttention): { weights: Float64Array; bias: Float64Array } {
  const { rows: channels, cols, data } = projection.weights;
  const width = channels / heads;
  const weights = new Float64Array(data.length);
  const bias = new Float64Array(cols);
  for (let from = 0; from < cols; from++) {
    const [head, part, place] = [Math.floor(from / (3 * width)), Math.floor(from / width) % 3, from % width];
    const to = part * channels + head * width + place;
    bias[to] = projection.bias[from]!;
    for (let channel = 0; channel < channels; channel++) {
      const weight = data[channel * cols + from]!;
      weights[channel * cols + to] = weight * norm.scale[channel]!;
      bias[to]! += weight * norm.bias[channel]!;
    }
  }
  return { weights, bias };
}
