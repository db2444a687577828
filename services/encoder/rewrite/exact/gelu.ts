import type { NodeProto } from "../../../../proto/onnx.js";
import { GraphEditor } from "../../../inference/onnx/graph-editor.js";
import type { GraphReader } from "../../../inference/onnx/graph-reader.js";
import { UnknownGraphError } from "../../../inference/onnx/unknown-graph-error.js";
import type { Pass } from "../pass.js";
import { onlyReader, otherThanConstant } from "./walk.js";

/**
 * GELU as one operator instead of five: x / 2 * (1 + erf(x / sqrt 2)) (Hendrycks and Gimpel 2016, "Gaussian error linear
 * units", in its exact form). ONNX Runtime would find most of them itself; later passes want to know what they are.
 */
export const gelu: Pass = {
  name: "gelu",
  apply(graph) {
    const editor = new GraphEditor(graph.model, "gelu");
    const found = graph.graph.node.flatMap((node) => findGelu(graph, node) ?? []);
    if (found.length === 0) throw new UnknownGraphError("a GELU", "none");
    for (const { of, is } of found) editor.replace(is, editor.write.node("Gelu", [of], {}, "com.microsoft"));
    return editor.result();
  },
};

/** From its error function: of which value it is, and which value it is. */
function findGelu(graph: GraphReader, erf: NodeProto): { of: string; is: string } | undefined {
  if (erf.opType !== "Erf") return undefined;
  const inner = otherThanConstant(graph, graph.producer(erf.input[0]!), "Div", Math.SQRT2);
  const sum = onlyReader(graph, erf.output[0]!);
  if (inner === undefined || otherThanConstant(graph, sum, "Add", 1) === undefined) return undefined;
  const product = onlyReader(graph, sum!.output[0]!);
  const half = product && onlyReader(graph, product.output[0]!);
  const halved = otherThanConstant(graph, half, "Mul", 0.5);
  if (product?.opType !== "Mul" || halved === undefined || !graph.inputs(product).includes(inner)) return undefined;
  return { of: inner, is: half!.output[0]! };
}
