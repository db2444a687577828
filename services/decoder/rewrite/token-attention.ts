import type { GraphBuilder, Value } from "../../inference/onnx/graph-builder.js";
import { type Matrix, scale } from "../../inference/onnx/matrix.js";
import type { Attention } from "./find-attention.js";
import type { Norm } from "./find-layers.js";
import { layerNorm, linear, mergeHeads, softmax, splitHeads } from "./layers.js";

// Softmax amplifies rounding: a token's scores over the image span a hundred and more, so the last bit of a query is felt
// in the mask. What only tokens compute is cheap and is done by the export's own steps in their order, biases included;
// then it agrees with the export to the last bit, and its rounding cancels when the two are compared. Scales go
// into weights where they are a power of two, which rounds nothing.

/** Queries of tokens for the image, scaled (by a quarter in the models that exist): [B, T, channels] -> [B, T, heads * d]. */
export function projectQueries(g: GraphBuilder, { q, scale: factor }: Attention, x: Value): Value {
  return linear(g, x, "q", scale(q.weight, factor), scale(q.bias, factor));
}

/** The same by head: [B, T, channels] -> [B, heads, T, d]. */
export function tokenQueries(g: GraphBuilder, attention: Attention, x: Value): Value {
  return splitHeads(g, projectQueries(g, attention, x), attention.heads);
}

/** Keys of tokens: [B, T, channels] -> [B, heads, T, d]. */
export function tokenKeys(g: GraphBuilder, { k, heads }: Attention, x: Value): Value {
  return splitHeads(g, linear(g, x, "k", k.weight, k.bias), heads);
}

/** Values of tokens: [B, T, channels] -> [B, heads, T, d]. */
export function tokenValues(g: GraphBuilder, { v, heads }: Attention, x: Value): Value {
  return splitHeads(g, linear(g, x, "v", v.weight, v.bias), heads);
}

/**
 * The output projection: [B, heads, T, d] -> [B, T, channels]. `sign` -1 turns the result's sign, for `residualNorm`.
 */
export function project(g: GraphBuilder, attention: Attention, attended: Value, sign: 1 | -1, bias: Matrix): Value {
  return linear(g, mergeHeads(g, attended), "out", scale(attention.out.weight, sign), scale(bias, sign));
}

/**
 * Attention of tokens among themselves.
 *
 * @param placed [B, T, channels] tokens with their positions, for queries and keys
 * @param x [B, T, channels] tokens, for values
 * @param sign -1 to turn the result's sign
 * @returns [B, T, channels]
 */
export function selfAttention(g: GraphBuilder, attention: Attention, placed: Value, x: Value, sign: 1 | -1): Value {
  const { q, scale: factor, heads } = attention;
  const queries = splitHeads(g, linear(g, placed, "q", q.weight, q.bias), heads);
  const keys = g.transpose(tokenKeys(g, attention, placed), [0, 1, 3, 2]);
  const weights = softmax(g, g.multiply(g.matmul(queries, keys), g.scalar(factor)));
  const attended = g.matmul(weights, tokenValues(g, attention, x));
  return project(g, attention, attended, sign, attention.out.bias);
}

/**
 * Layer normalisation of x + update, given minus the update. ONNX Runtime fuses a sum before a normalisation into one
 * operator that takes three times as long on the CPU; a difference it leaves alone.
 */
export function residualNorm(g: GraphBuilder, x: Value, minusUpdate: Value, name: string, norm: Norm): Value {
  return layerNorm(g, g.subtract(x, minusUpdate), name, norm);
}
