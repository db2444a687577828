import type { GraphBuilder, Value } from "../../inference/onnx/graph-builder.js";
import type { Matrix } from "../../inference/onnx/matrix.js";
import type { Linear } from "./find-layers.js";
import type { DecoderWeights } from "./find-weights.js";

/**
 * The MLPs that read the decoder's own tokens, side by side as one batched product a layer; only the last layers differ in
 * width.
 *
 * @param tokens [B, 1 + masks, channels], the score's first
 * @returns scores [B, masks] and, for the masks, [B, features, masks]
 */
export function heads(g: GraphBuilder, weights: DecoderWeights, tokens: Value): { scores: Value; hyper: Value } {
  const { iouHead, hypernetworks } = weights;
  const all = [iouHead, ...hypernetworks];
  const masks = hypernetworks.length;
  // [1 + masks, B, channels]: each token is a batch of its own weights.
  const apart = g.transpose(tokens, [1, 0, 2]);
  const hidden = [0, 1].reduce((x, layer) => g.node("Relu", [eachOwn(g, `layer${layer}`, x, all, layer)]), apart);
  const scores = eachOwn(g, "scores", g.slice(hidden, 0, 0, 1), [iouHead], 2);
  const hyper = eachOwn(g, "hyper", g.slice(hidden, 0, 1, masks + 1), hypernetworks, 2);
  return { scores: g.reshape(scores, [-1, masks]), hyper: g.transpose(hyper, [1, 2, 0]) };
}

/** The values of matrices of one size. */
function oneAfterTheOther(matrices: readonly Matrix[]): Float32Array {
  const size = matrices[0]!.data.length;
  const all = new Float32Array(matrices.length * size);
  for (const [at, { data }] of matrices.entries()) all.set(data, at * size);
  return all;
}

/** One layer of several MLPs: [n, B, in] -> [n, B, out]. */
function eachOwn(g: GraphBuilder, name: string, x: Value, mlps: readonly (readonly Linear[])[], layer: number): Value {
  const layers = mlps.map((mlp) => mlp[layer]!);
  const { rows, cols } = layers[0]!.weight;
  const weight = oneAfterTheOther(layers.map((linear) => linear.weight));
  const bias = oneAfterTheOther(layers.map((linear) => linear.bias));
  const product = g.matmul(x, g.constant(`${name}.weight`, [layers.length, rows, cols], weight));
  return g.add(product, g.constant(`${name}.bias`, [layers.length, 1, cols], bias));
}
