import { GraphBuilder } from "../../inference/onnx/graph-builder.js";

/** Cosines of all cells of two frames, of length 1 each: float32 a [channels, n] and b [channels, m] -> [n, m]. */
export function cosineGraph(): Uint8Array {
  const graph = new GraphBuilder("cosines");
  const a = graph.input("a", ["channels", "n"], "cells of length 1, column by column");
  const b = graph.input("b", ["channels", "m"], "of the other frame");
  graph.output("cosines", graph.node("Gemm", [a, b], { transA: { int: 1 } }), ["n", "m"], "of each with each");
  return graph.build();
}
