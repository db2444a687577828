import type { Attention } from "./find-attention.js";
import type { Norm } from "./find-layers.js";
import type { GraphBuilder, Value } from "./graph-builder.js";
import { layerNorm, linear, mergeHeads, softmax, splitHeads } from "./layers.js";
import { add, type Matrix, multiply, scale } from "./matrix.js";

// Three facts about attention, softmax(s * q k^T) v, are used here and in image-attention.ts:
// - A bias of the keys adds the same to all scores of one query, which softmax does not see: it is left out.
// - The weights of one query sum to one, so a bias of the values comes out as it went in: it is projected with the
//   weights and merged with the output's bias.
// - The scale goes into the weights of q.

/** The output's bias and what the output projection makes of the values' bias: [1, channels]. */
export function mergedBias({ v, out }: Attention): Matrix {
  return add(multiply(v.bias, out.weight), out.bias);
}

/** Queries of tokens, scaled: [B, T, channels] -> [B, heads, T, d]. */
export function tokenQueries(g: GraphBuilder, { q, scale: factor, heads }: Attention, x: Value): Value {
  return splitHeads(g, linear(g, x, "q", scale(q.weight, factor), scale(q.bias, factor)), heads);
}

/** Keys of tokens: [B, T, channels] -> [B, heads, T, d]. */
export function tokenKeys(g: GraphBuilder, { k, heads }: Attention, x: Value): Value {
  return splitHeads(g, linear(g, x, "k", k.weight), heads);
}

/** Values of tokens: [B, T, channels] -> [B, heads, T, d]. */
export function tokenValues(g: GraphBuilder, { v, heads }: Attention, x: Value): Value {
  return splitHeads(g, linear(g, x, "v", v.weight), heads);
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
  const keys = g.transpose(tokenKeys(g, attention, placed), [0, 1, 3, 2]);
  const weights = softmax(g, g.matmul(tokenQueries(g, attention, placed), keys));
  const attended = g.matmul(weights, tokenValues(g, attention, x));
  return project(g, attention, attended, sign, mergedBias(attention));
}

/**
 * Layer normalisation of x + update, given minus the update. ONNX Runtime fuses a sum before a normalisation into one
 * operator that takes three times as long on the CPU; a difference it leaves alone.
 */
export function residualNorm(g: GraphBuilder, x: Value, minusUpdate: Value, name: string, norm: Norm): Value {
  return layerNorm(g, g.subtract(x, minusUpdate), name, norm);
}
