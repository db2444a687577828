import type { NodeProto } from "../../../../proto/onnx.js";
import { GraphEditor } from "../../../inference/onnx/graph-editor.js";
import { attribute, type GraphReader } from "../../../inference/onnx/graph-reader.js";
import { UnknownGraphError } from "../../../inference/onnx/unknown-graph-error.js";
import type { Pass } from "../pass.js";
import { onlyReader, otherThanConstant, withConstant } from "./walk.js";

/**
 * Layer normalisation (Ba et al. 2016) as one operator instead of nine. That over the channels of a map [1, channels, rows,
 * columns] goes over the last axis of the map with its channels last, for which the runtime has an operator.
 */
export const layerNorm: Pass = {
  name: "layer norm",
  apply(graph) {
    const editor = new GraphEditor(graph.model, "norm");
    const { write } = editor;
    const found = graph.graph.node.flatMap((node) => findNorm(graph, node) ?? []);
    if (found.length === 0) throw new UnknownGraphError("a layer normalisation", "none");
    for (const [i, { of, is, scale, bias, epsilon, ofMap }] of found.entries()) {
      const weights = { scale, bias };
      const [byScale, byBias] = Object.entries(weights).map(([name, values]) =>
        write.constant(`${i}/${name}`, [values.length], values),
      );
      const values = ofMap ? write.transpose(of, [0, 2, 3, 1]) : of;
      const attributes = { axis: { int: -1 }, epsilon: { float: epsilon } };
      const normed = write.node("LayerNormalization", [values, byScale!, byBias!], attributes);
      editor.replace(is, ofMap ? write.transpose(normed, [0, 3, 1, 2]) : normed);
    }
    return editor.result();
  },
};

interface Norm {
  readonly of: string;
  readonly is: string;
  /** Of each channel. */
  readonly scale: ArrayLike<number>;
  readonly bias: ArrayLike<number>;
  readonly epsilon: number;
  /** Over axis 1 of four instead of the last. */
  readonly ofMap: boolean;
}

/** From the root of its variance: (x - mean) / sqrt(mean((x - mean)^2) + epsilon) * scale + bias. */
function findNorm(graph: GraphReader, root: NodeProto): Norm | undefined {
  if (root.opType !== "Sqrt") return undefined;
  const sum = graph.producer(root.input[0]!);
  const epsilon = sum?.input.map((input) => graph.scalar(input)).find((number) => number !== undefined);
  if (sum?.opType !== "Add" || epsilon === undefined) return undefined;
  const variance = meanOf(graph, otherThanConstant(graph, sum, "Add", epsilon));
  const centred = variance && otherThanConstant(graph, graph.producer(variance.of), "Pow", 2);
  const subtraction = centred === undefined ? undefined : graph.producer(centred);
  if (variance === undefined || subtraction?.opType !== "Sub") return undefined;
  const [of, by] = graph.inputs(subtraction);
  const mean = meanOf(graph, by);
  if (mean?.of !== of || mean?.axis !== variance.axis) return undefined;
  const quotient = onlyReader(graph, root.output[0]!);
  if (quotient?.opType !== "Div" || graph.source(quotient.input[0]!) !== centred) return undefined;
  const scaled = onlyReader(graph, quotient.output[0]!);
  const scale = withConstant(graph, scaled, "Mul")?.constant;
  const shifted = scaled && onlyReader(graph, scaled.output[0]!);
  const bias = withConstant(graph, shifted, "Add")?.constant;
  if (scale === undefined || bias === undefined || scale.data.length !== bias.data.length) return undefined;
  const ofMap = mean.axis === 1;
  const dims = [scale, bias].map((constant) => constant.dims.join("x"));
  const channels = scale.data.length;
  if (!dims.every((is) => is === (ofMap ? `${channels}x1x1` : `${channels}`))) return undefined;
  return { of: of!, is: shifted!.output[0]!, scale: scale.data, bias: bias.data, epsilon, ofMap };
}

/** The mean over the last axis or over axis 1, which stays as one of length 1. */
function meanOf(graph: GraphReader, value: string | undefined): { of: string; axis: 1 | -1 } | undefined {
  const node = value === undefined ? undefined : graph.producer(value);
  if (node?.opType !== "ReduceMean") return undefined;
  const axes = node.input.length > 1 ? graph.constant(node.input[1]!)?.data : attribute(node, "axes")?.ints;
  const axis = axes?.length === 1 ? Number(axes[0]) : undefined;
  const keeps = attribute(node, "keepdims")?.i !== 0n;
  return keeps && (axis === 1 || axis === -1) ? { of: graph.source(node.input[0]!), axis } : undefined;
}
