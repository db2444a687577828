import { randomNumbers } from "../../../../proto/testing/random-numbers.js";
import { GraphBuilder, type Value } from "../../../inference/onnx/graph-builder.js";
import type { EncoderInterface } from "../pass.js";

/** The whole frame of the encoder below. */
export const windowEncoder: EncoderInterface = { input: "input", output: "output", size: 128, grid: 8 };

const channels = 8;
const window = 3;

/**
 * An encoder of a few kilobytes with TinyViT's ways, for one frame of `height * width` pixels: cells of 8 pixels, then of 16,
 * each with attention in windows of three cells a side and a depthwise convolution, all its shapes numbers, as PyTorch's
 * exporter writes them. What one of another frame should come to is known by making it for that frame.
 */
export function windowEncoderGraph(height: number, width: number): Uint8Array {
  const g = new GraphBuilder("window encoder");
  const random = randomNumbers(11);
  const weights = (name: string, ...dims: number[]): Value => {
    const count = dims.reduce((product, dim) => product * dim, 1);
    const spread = 2 / Math.sqrt(count / (dims[0] ?? 1));
    return g.constant(
      name,
      dims,
      Float32Array.from({ length: count }, () => spread * (random() - 0.5)),
    );
  };
  const input = g.input("input", [1, 3, height, width], "The normalised picture.");
  const strides = { strides: { ints: [8, 8] } };
  const stem = g.node("Conv", [input, weights("stem", channels, 3, 8, 8)], strides);
  const [rows, columns] = [height / 8, width / 8];
  const first = block(g, toList(g, stem), rows, columns, (name, ...dims) => weights(`first/${name}`, ...dims));
  const map = g.transpose(reshaped(g, first, ["batch", rows, columns, -1]), [0, 3, 1, 2]);
  const down = { strides: { ints: [2, 2] }, pads: { ints: [1, 1, 1, 1] } };
  const halved = g.node("Conv", [map, weights("down", channels, channels, 3, 3)], down);
  const second = block(g, toList(g, halved), rows / 2, columns / 2, (name, ...dims) =>
    weights(`second/${name}`, ...dims),
  );
  const last = g.transpose(reshaped(g, second, ["batch", rows / 2, columns / 2, channels]), [0, 3, 1, 2]);
  g.output("output", g.node("Tanh", [last]), [1, channels, rows / 2, columns / 2], "The embedding.");
  return g.build();
}

/** Attention in windows and a depthwise convolution, each added to what it is given: [1, rows * columns, channels]. */
function block(
  g: GraphBuilder,
  list: Value,
  rows: number,
  columns: number,
  weights: (name: string, ...dims: number[]) => Value,
): Value {
  const [down, across] = [Math.ceil(rows / window), Math.ceil(columns / window)];
  const pads = [0, 0, 0, 0, 0, down * window - rows, across * window - columns, 0];
  const padded = g.node("Pad", [reshaped(g, list, ["batch", rows, columns, channels]), g.integers(pads)]);
  const split = g.transpose(reshaped(g, padded, ["batch", down, window, across, window, channels]), [0, 1, 3, 2, 4, 5]);
  const cells = g.reshape(split, [down * across, window ** 2, channels]);
  const projected = (name: string): Value => g.matmul(cells, weights(name, channels, channels));
  const scores = g.matmul(projected("q"), g.transpose(projected("k"), [0, 2, 1]));
  const biased = g.add(scores, weights("bias", window ** 2, window ** 2));
  const attended = g.matmul(g.node("Softmax", [biased], { axis: { int: 2 } }), projected("v"));
  const merged = reshaped(g, attended, ["batch", down, across, window, window, channels]);
  const whole = g.reshape(g.transpose(merged, [0, 1, 3, 2, 4, 5]), [1, down * window, across * window, channels]);
  const cut = g.slice(g.slice(whole, 1, 0, rows), 2, 0, columns);
  const added = g.add(list, g.reshape(cut, [1, -1, channels]));
  const map = reshaped(g, g.transpose(added, [0, 2, 1]), ["batch", channels, rows, columns]);
  const nearby = g.node("Conv", [map, weights("nearby", channels, 1, 3, 3)], {
    group: { int: channels },
    pads: { ints: [1, 1, 1, 1] },
  });
  return g.add(added, toList(g, nearby));
}

/** [1, channels, rows, columns] -> [1, rows * columns, channels] */
function toList(g: GraphBuilder, map: Value): Value {
  return g.transpose(g.reshape(map, [1, channels, -1]), [0, 2, 1]);
}

/** A reshape whose batch is asked of the graph's own input, put together as `x.view(x.shape[0], ...)` is exported. */
function reshaped(g: GraphBuilder, value: Value, [_batch, ...dims]: ["batch", ...number[]]): Value {
  const batch = g.node("Squeeze", [g.slice(g.node("Shape", ["input"]), 0, 0, 1)]);
  const parts = [g.node("Unsqueeze", [batch, g.integers([0])]), ...dims.map((dim) => g.integers([dim]))];
  return g.node("Reshape", [value, g.concat(parts, 0)]);
}
