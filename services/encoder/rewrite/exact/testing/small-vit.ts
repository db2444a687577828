import { randomNumbers } from "../../../../../proto/testing/random-numbers.js";
import { GraphBuilder, type Value } from "../../../../inference/onnx/graph-builder.js";

/** Channels are whole blocks of the runtime's convolutions. */
const channels = 32;
const heads = 2;
const window = 3;

/** float32 [1, channels, rows, columns] -> the same. */
export const smallVitChannels = channels;

/**
 * One block of TinyViT on a map of these sides, operator by operator as PyTorch's exporter writes it: a convolution, attention
 * in windows, a depthwise convolution, two layers with a GELU, and a convolution whose result is normalised over the channels.
 */
export function smallVit(rows: number, columns: number): Uint8Array {
  const g = new GraphBuilder("small vit");
  const random = randomNumbers(3);
  const weights = (name: string, dims: readonly number[], spread = 1): Value => {
    const count = dims.reduce((product, dim) => product * dim, 1);
    const values = Float32Array.from({ length: count }, () => spread * (2 * random() - 1));
    return g.constant(name, dims, values);
  };
  const linear = (name: string, list: Value, from: number, to: number): Value =>
    g.add(weights(`${name}/bias`, [to]), g.matmul(list, weights(`${name}/weights`, [from, to], 0.4)));
  const convolution = (name: string, map: Value, side: number, group = 1): Value => {
    const inputs = [map, weights(`${name}/weights`, [channels, channels / group, side, side], 0.4)];
    const half = (side - 1) / 2;
    const pads = { ints: [half, half, half, half] };
    return g.node("Conv", [...inputs, weights(`${name}/bias`, [channels])], { group: { int: group }, pads });
  };
  const norm = (name: string, values: Value, axis: number, dims: readonly number[]): Value => {
    const mean = (of: Value): Value => g.node("ReduceMean", [of, g.integers([axis])]);
    const centred = g.subtract(values, mean(values));
    const variance = g.add(mean(g.node("Pow", [centred, g.scalar(2)])), g.scalar(1e-5));
    const even = g.node("Div", [centred, g.node("Sqrt", [variance])]);
    return g.add(g.multiply(even, weights(`${name}/scale`, dims)), weights(`${name}/bias`, dims));
  };

  const input = g.input("input", [1, channels, rows, columns], "A map.");
  const list = toList(g, convolution("stem", input, 1));
  const attended = attention(g, list, rows, columns, { norm, linear, weights });
  const map = g.reshape(g.transpose(g.add(list, attended), [0, 2, 1]), [1, channels, rows, columns]);
  const local = toList(g, convolution("local", map, 3, channels));
  const hidden = linear("mlp/first", norm("mlp/norm", local, -1, [channels]), channels, 4 * channels);
  const erf = g.add(g.node("Erf", [g.node("Div", [hidden, g.scalar(Math.SQRT2)])]), g.scalar(1));
  const gelu = g.multiply(g.multiply(hidden, erf), g.scalar(0.5));
  const added = g.add(local, linear("mlp/second", gelu, 4 * channels, channels));
  const back = g.transpose(g.reshape(added, [1, rows, columns, channels]), [0, 3, 1, 2]);
  const neck = norm("neck/norm", convolution("neck", back, 1), 1, [channels, 1, 1]);
  g.output("output", neck, [1, channels, rows, columns], "A map.");
  return g.build();
}

interface Tools {
  norm(name: string, values: Value, axis: number, dims: readonly number[]): Value;
  linear(name: string, list: Value, from: number, to: number): Value;
  weights(name: string, dims: readonly number[]): Value;
}

/** [1, rows * columns, channels] -> the same. */
function attention(g: GraphBuilder, list: Value, rows: number, columns: number, tools: Tools): Value {
  const side = window;
  const [down, across] = [Math.ceil(rows / side), Math.ceil(columns / side)];
  const pads = [0, 0, 0, 0, 0, down * side - rows, across * side - columns, 0];
  const padded = g.node("Pad", [g.reshape(list, [1, rows, columns, channels]), g.integers(pads)]);
  const swap = (value: Value): Value => g.transpose(value, [0, 1, 3, 2, 4, 5]);
  const split = swap(g.reshape(padded, [1, down, side, across, side, channels]));
  const cells = tools.norm("attention/norm", g.reshape(split, [down * across, side ** 2, channels]), -1, [channels]);
  const joined = tools.linear("attention/qkv", cells, channels, 3 * channels);
  const width = channels / heads;
  const byHead = g.reshape(joined, [down * across, side ** 2, heads, 3 * width]);
  const [q, k, v] = g.split(byHead, 3, [width, width, width]);
  const products = g.matmul(g.transpose(q!, [0, 2, 1, 3]), g.transpose(k!, [0, 2, 3, 1]));
  const scores = g.add(
    g.multiply(products, g.scalar(width ** -0.5)),
    tools.weights("attention/places", [heads, side ** 2, side ** 2]),
  );
  const values = g.matmul(g.node("Softmax", [scores], { axis: { int: 3 } }), g.transpose(v!, [0, 2, 1, 3]));
  const beside = g.reshape(g.transpose(values, [0, 2, 1, 3]), [down * across, side ** 2, channels]);
  const merged = swap(
    g.reshape(tools.linear("attention/last", beside, channels, channels), [1, down, across, side, side, channels]),
  );
  const whole = g.reshape(merged, [1, down * side, across * side, channels]);
  return g.reshape(g.slice(g.slice(whole, 1, 0, rows), 2, 0, columns), [1, rows * columns, channels]);
}

/** [1, channels, rows, columns] -> [1, rows * columns, channels] */
function toList(g: GraphBuilder, map: Value): Value {
  return g.transpose(g.reshape(map, [1, channels, -1]), [0, 2, 1]);
}
