import type { GraphBuilder, Value } from "../../inference/onnx/graph-builder.js";
import type { Matrix } from "../../inference/onnx/matrix.js";
import type { Norm } from "./find-layers.js";

/** x [.., in] -> x W [.., out], and + b [1, out] where there is one. */
export function linear(g: GraphBuilder, x: Value, name: string, weight: Matrix, bias?: Matrix): Value {
  const product = g.matmul(x, g.constant(`${name}.weight`, [weight.rows, weight.cols], weight.data));
  return bias === undefined ? product : g.add(product, g.constant(`${name}.bias`, [bias.cols], bias.data));
}

/** Normalises over the last axis. */
export function layerNorm(g: GraphBuilder, x: Value, name: string, norm: Norm): Value {
  const weight = g.constant(`${name}.weight`, [norm.weight.cols], norm.weight.data);
  const inputs = [x, weight, g.constant(`${name}.bias`, [norm.bias.cols], norm.bias.data)];
  return g.node("LayerNormalization", inputs, { axis: { int: -1 }, epsilon: { float: norm.epsilon } });
}

/** GELU with the error function (Hendrycks and Gimpel 2016, without their approximation). */
export function gelu(g: GraphBuilder, x: Value): Value {
  return g.node("Gelu", [x]);
}

/** [B, N, heads * d] -> [B, heads, N, d]. */
export function splitHeads(g: GraphBuilder, x: Value, heads: number): Value {
  return g.transpose(g.reshape(x, [0, 0, heads, -1]), [0, 2, 1, 3]);
}

/** [B, heads, N, d] -> [B, N, heads * d]. */
export function mergeHeads(g: GraphBuilder, x: Value): Value {
  return g.reshape(g.transpose(x, [0, 2, 1, 3]), [0, 0, -1]);
}

/** Softmax over the last axis. */
export function softmax(g: GraphBuilder, x: Value): Value {
  return g.node("Softmax", [x], { axis: { int: -1 } });
}
