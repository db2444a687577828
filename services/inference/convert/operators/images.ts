import type { GraphBuilder, Value } from "../../onnx/graph-builder.js";
import { channelsFirst, live, type Tensor, wholes } from "../tensors.js";
import type { TfjsNode } from "../tfjs-graph.js";
import { type Inputs, type Operator, only } from "./operator.js";

/** Operators on [batch, height, width, channels]; TensorFlow's documentation of each says what they mean. */
export const imageOperators: Record<string, Operator> = {
  Conv2D: (g, inputs, node) => {
    const weights = inputs.known(1);
    const [height = 0, width = 0, from = 0, to = 0] = weights.dims;
    // [height, width, from, to] -> [to, from, height, width]
    const turned = new Float32Array(weights.data.length);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        for (let i = 0; i < from; i++)
          for (let o = 0; o < to; o++)
            turned[((o * from + i) * height + y) * width + x] =
              weights.data[((y * width + x) * from + i) * to + o] ?? 0;
    const kernel = g.constant(node.name, [to, from, height, width], turned);
    return convolve(g, inputs, node, { kernel, size: [height, width], channels: to, groups: 1 });
  },
  DepthwiseConv2dNative: (g, inputs, node) => {
    const weights = inputs.known(1);
    const [height = 0, width = 0, from = 0, times = 0] = weights.dims;
    // [height, width, from, times] -> [from * times, 1, height, width]
    const turned = new Float32Array(weights.data.length);
    const each = from * times;
    for (let at = 0; at < height * width; at++)
      for (let o = 0; o < each; o++) turned[o * height * width + at] = weights.data[at * each + o] ?? 0;
    const kernel = g.constant(node.name, [each, 1, height, width], turned);
    return convolve(g, inputs, node, { kernel, size: [height, width], channels: each, groups: from });
  },
  MaxPool: (g, inputs, node) => {
    const input = inputs.live(g, 0);
    const [, height = 1, width = 1] = node.attributes.ints("ksize");
    const { pads, strides, dims } = windows(inputs, node, [height, width], input.dims);
    const pooled = g.node("MaxPool", [channelsFirst(g, input)], {
      kernel_shape: { ints: [height, width] },
      strides: { ints: strides },
      pads: { ints: pads },
    });
    return only(live(pooled, [...dims, input.dims[3] ?? 0], true));
  },
  /** Inference's form alone: (x - mean) * gamma / sqrt(variance + epsilon) + beta. */
  FusedBatchNorm: (g, inputs, node) => batchNorm(g, inputs, node),
  FusedBatchNormV3: (g, inputs, node) => batchNorm(g, inputs, node),
  ResizeBilinear: (g, inputs, node) => {
    const { attributes } = node;
    const input = inputs.live(g, 0);
    const [batch = 1, fromHeight = 1, fromWidth = 1, channels = 1] = input.dims;
    const [height = 1, width = 1] = wholes(inputs.known(1));
    if (attributes.flag("align_corners")) throw inputs.refusal("aligns corners");
    // Without half pixels both grids begin at the same place: right for whole multiples of one pixel only.
    if (!attributes.flag("half_pixel_centers")) throw inputs.refusal("has no half pixel centres");
    const factors = g.constant(node.name, [4], [1, 1, height / fromHeight, width / fromWidth]);
    const resized = g.node("Resize", [channelsFirst(g, input), "", factors], { mode: { text: "linear" } });
    return only(live(resized, [batch, height, width, channels], true));
  },
};

interface Kernel {
  kernel: Value;
  size: [height: number, width: number];
  channels: number;
  groups: number;
}

function convolve(
  g: GraphBuilder,
  inputs: Inputs,
  node: TfjsNode,
  { kernel, size, channels, groups }: Kernel,
): Tensor[] {
  const input = inputs.live(g, 0);
  if (node.attributes.ints("dilations").some((one) => one !== 1)) throw inputs.refusal("is dilated");
  const { pads, strides, dims } = windows(inputs, node, size, input.dims);
  const convolved = g.node("Conv", [channelsFirst(g, input), kernel], {
    strides: { ints: strides },
    pads: { ints: pads },
    group: { int: groups },
  });
  return only(live(convolved, [...dims, channels], true));
}

/** What a window of that size makes of a picture: TensorFlow's SAME pads the odd pixel below and on the right. */
function windows(inputs: Inputs, { attributes }: TfjsNode, size: readonly number[], dims: readonly number[]) {
  if (attributes.text("data_format") === "NCHW") throw inputs.refusal("has its channels first");
  const [batch = 1, ...sides] = dims;
  const [, ...strides] = attributes.ints("strides").slice(0, 3);
  const isSame = attributes.text("padding") === "SAME";
  const before: number[] = [];
  const after: number[] = [];
  const made: number[] = [];
  for (const axis of [0, 1]) {
    const [side = 1, window = 1, stride = 1] = [sides[axis], size[axis], strides[axis]];
    const out = isSame ? Math.ceil(side / stride) : Math.floor((side - window) / stride) + 1;
    const pad = isSame ? Math.max(0, (out - 1) * stride + window - side) : 0;
    before.push(Math.floor(pad / 2));
    after.push(pad - Math.floor(pad / 2));
    made.push(out);
  }
  return { pads: [...before, ...after], strides, dims: [batch, ...made] };
}

function batchNorm(g: GraphBuilder, inputs: Inputs, { name, attributes }: TfjsNode): Tensor[] {
  const input = inputs.live(g, 0);
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((place) => inputs.known(place).data);
  const scale = Float32Array.from(variance ?? [], (one, at) => {
    return (gamma?.[at] ?? 1) / Math.sqrt(one + attributes.float("epsilon", 1e-3));
  });
  const shift = scale.map((one, at) => (beta?.[at] ?? 0) - (mean?.[at] ?? 0) * one);
  const dims = [scale.length, 1, 1];
  const scaled = g.multiply(channelsFirst(g, input), g.constant(`${name}/scale`, dims, scale));
  return only(live(g.add(scaled, g.constant(`${name}/shift`, dims, shift)), input.dims, true));
}
