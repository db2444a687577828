import { GraphBuilder } from "../../inference/onnx/graph-builder.js";

/** Products of matrices, row by row: float32 a [n, inner] and b [m, inner] -> [n, m]. */
export function productGraph(): Uint8Array {
  const graph = new GraphBuilder("products");
  const a = graph.input("a", ["n", "inner"], "rows");
  const b = graph.input("b", ["m", "inner"], "other rows");
  graph.output("products", graph.node("Gemm", [a, b], { transB: { int: 1 } }), ["n", "m"], "of each with each");
  return graph.build();
}
