import type { NodeProto } from "../../../../proto/onnx.js";
import type { GraphBuilder, Value } from "../../../inference/onnx/graph-builder.js";
import { GraphEditor } from "../../../inference/onnx/graph-editor.js";
import { attribute, type GraphReader } from "../../../inference/onnx/graph-reader.js";
import { matrix, transpose } from "../../../inference/onnx/matrix.js";
import { UnknownGraphError } from "../../../inference/onnx/unknown-graph-error.js";
import type { Pass } from "../pass.js";
import { convolution } from "./maps.js";
import { onlyReader } from "./walk.js";

/**
 * Layer normalisation over the channels as operators that the runtime divides among its threads, which it does not do with its
 * own for it: one thread then has to fetch what the other has just computed. Scale and bias go into the layer behind it.
 */
export const normsInParallel: Pass = {
  name: "norms in parallel",
  apply(graph) {
    const editor = new GraphEditor(graph.model, "norms");
    const mean = meanOf(graph);
    let found = 0;
    for (const node of graph.graph.node) {
      const norm = readNorm(graph, node);
      const layer = norm && (isPlain(norm) ? undefined : layerBehind(graph, node));
      if (norm === undefined || (layer === undefined && !isPlain(norm))) continue;
      editor.write.within(`${found++}`, () => {
        const even = normalised(editor.write, node.input[0]!, norm, mean);
        if (layer === undefined) editor.replace(node.output[0]!, even);
        else editor.replace(layer.result, folded(editor.write, even, norm, layer));
      });
    }
    if (found === 0) throw new UnknownGraphError("a layer normalisation before a layer of single cells", "none");
    return editor.result();
  },
};

type Mean = (write: GraphBuilder, list: Value) => Value;

interface Norm {
  readonly epsilon: number;
  /** Of each channel. */
  readonly scale: ArrayLike<number>;
  readonly bias: ArrayLike<number>;
}

/** A convolution of single cells on a map that is made of a normalised one with its channels last. */
interface Layer {
  /** [to, from], of each output channel. */
  readonly weights: ArrayLike<number>;
  readonly bias: ArrayLike<number>;
  readonly to: number;
  readonly result: Value;
}

function readNorm(graph: GraphReader, node: NodeProto): Norm | undefined {
  if (node.opType !== "LayerNormalization" || attribute(node, "axis")?.i !== -1n) return undefined;
  const scale = graph.constant(node.input[1]!)?.data;
  const given = node.input[2];
  const bias = given === undefined ? new Float64Array(scale?.length ?? 0) : graph.constant(given)?.data;
  if (scale === undefined || bias?.length !== scale.length) return undefined;
  return { scale, bias, epsilon: attribute(node, "epsilon")?.f ?? 1e-5 };
}

function isPlain({ scale, bias }: Norm): boolean {
  return Array.from(scale).every((factor) => factor === 1) && Array.from(bias).every((added) => added === 0);
}

function layerBehind(graph: GraphReader, norm: NodeProto): Layer | undefined {
  const turn = onlyReader(graph, norm.output[0]!);
  if (turn?.opType !== "Transpose" || attribute(turn, "perm")?.ints.join() !== "0,3,1,2") return undefined;
  const node = onlyReader(graph, turn.output[0]!);
  if (node?.opType !== "Conv" || node.input.length !== 3) return undefined;
  const [weights, bias] = node.input.slice(1).map((value) => graph.constant(value));
  const [to, , ...kernel] = weights?.dims ?? [];
  const isOfCells = kernel.join() === "1,1" && ["strides", "pads", "group"].every((name) => !attribute(node, name));
  if (!isOfCells || weights === undefined || bias === undefined || to === undefined) return undefined;
  return { weights: weights.data, bias: bias.data, to, result: node.output[0]! };
}

/** (x - mean) / sqrt(mean((x - mean)^2) + epsilon) over the last axis: [..., channels] -> the same. */
function normalised(write: GraphBuilder, values: Value, { epsilon, scale }: Norm, mean: Mean): Value {
  // The runtime's reductions are quick where everything before the axis is one axis.
  const list = write.reshape(values, [-1, scale.length]);
  const centred = write.subtract(list, mean(write, list));
  const variance = write.add(mean(write, write.multiply(centred, centred)), write.scalar(epsilon));
  const factor = write.node("Reciprocal", [write.node("Sqrt", [variance])]);
  return write.node("Reshape", [write.multiply(centred, factor), write.node("Shape", [values])]);
}

/** W (s x + c) + b = (W s) x + (W c + b), of a map with its channels last: [1, rows, columns, from] -> [1, to, rows, columns]. */
function folded(write: GraphBuilder, even: Value, { scale, bias }: Norm, layer: Layer): Value {
  const from = scale.length;
  const weights = new Float64Array(layer.weights.length);
  const sums = Float64Array.from(layer.bias);
  for (let at = 0; at < weights.length; at++) {
    const [row, channel] = [Math.floor(at / from), at % from];
    weights[at] = layer.weights[at]! * scale[channel]!;
    sums[row]! += layer.weights[at]! * bias[channel]!;
  }
  const { data } = transpose(matrix(layer.to, from, weights));
  return convolution(write, write.transpose(even, [0, 3, 1, 2]), { from, to: layer.to, data, bias: sums });
}

/** The mean over the last axis, which stays as one of length 1; opset 18 made its axes an input. */
function meanOf({ model }: GraphReader): Mean {
  const opset = model.opsetImport.find(({ domain }) => domain === "")?.version ?? 0n;
  return (write, list) =>
    opset >= 18n
      ? write.node("ReduceMean", [list, write.integers([-1])])
      : write.node("ReduceMean", [list], { axes: { ints: [-1] } });
}
