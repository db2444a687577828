import type { GraphBuilder, Value } from "../../inference/onnx/graph-builder.js";
import { add, columnsByHead, type Matrix, multiply, scale, transpose } from "../../inference/onnx/matrix.js";
import type { Attention } from "./find-attention.js";
import { linear, softmax } from "./layers.js";
import type { MaskPrompt } from "./mask-prompt.js";
import { project, tokenValues } from "./token-attention.js";

// Tokens are few and cells are many. Scores are kept as rows of cells, [B, heads, T, cells], whichever side asks: then
// every softmax and every sum is made of long, plain loops.

/**
 * Tokens attend to keys and values that the prefix projected.
 *
 * @param queries [B, heads, T, d], scaled
 * @param keys [1, heads, d, cells]
 * @param values [1, heads, cells, d]
 * @returns minus the result, [B, T, channels]
 */
export function attendToKeys(
  g: GraphBuilder,
  attention: Attention,
  queries: Value,
  keys: Value,
  values: Value,
  mask: MaskPrompt | undefined,
): Value {
  const { bias } = attention.out;
  const scores = g.matmul(queries, keys);
  if (mask === undefined) return project(g, attention, g.matmul(softmax(g, scores), values), -1, bias);
  const change = scoresOfMask(g, "mask.k", attention.heads, multiply(mask.weight, attention.k.weight), queries, mask);
  const weights = softmax(g, g.add(scores, change));
  const projection = valuesByHead(g, "mask.v", multiply(mask.weight, attention.v.weight), attention.heads);
  const features = g.node("Unsqueeze", [mask.features, g.integers([1])]);
  const ofMask = g.matmul(g.matmul(weights, features), projection);
  return project(g, attention, g.add(g.matmul(weights, values), ofMask), -1, bias);
}

/**
 * Tokens attend to the image without projecting it to values: p (x Wv_h) = (p x) Wv_h, which moves the projection from the
 * cells to the tokens.
 *
 * @param scores [B, heads * T, cells]
 * @param image [B, cells, channels]
 * @returns minus the result, [B, T, channels]
 */
export function attendToImage(g: GraphBuilder, attention: Attention, scores: Value, image: Value): Value {
  const { heads, v, out } = attention;
  const weights = withoutSubnormals(g, softmax(g, scores));
  const seen = g.reshape(g.matmul(weights, image), [0, heads, -1, v.weight.rows]);
  const attended = g.matmul(seen, valuesByHead(g, "v", v.weight, heads));
  // The weights of one query sum to one, so the values' bias comes out as it went in.
  return project(g, attention, attended, -1, add(multiply(v.bias, out.weight), out.bias));
}

/**
 * Scores of tokens against keys that are projected by the export's own steps in their order. A score is a sum of a few large
 * products, those of the lowest frequencies of the position, and many small ones, and spans a hundred and more; however it
 * is summed, rounding moves it by up to 1e-4, which softmax passes on. So the nearest to the export is not the most precise
 * sum but its own, whose rounding cancels when the two are compared: over 1200 prompts on photographs the largest
 * difference of a logit falls from 1.2e-3 to 7.6e-4. It matters in this attention; the others are free to save work.
 *
 * @param queries [B, T, heads * d], scaled
 * @param placed [B, cells, channels] the image with its positional encoding
 * @returns [B, heads * T, cells]; less the bias of the keys, which softmax does not see
 */
export function scoresOfKeys(g: GraphBuilder, { k, heads }: Attention, queries: Value, placed: Value): Value {
  // Keys stay as they are and queries, which are few, go each into the rows of its own head, zeros elsewhere: a product with
  // more zeros than numbers costs less than it takes to put the keys' heads first.
  const width = k.weight.cols;
  const own = Float64Array.from({ length: width * heads }, (_, i) =>
    Math.floor((Math.floor(i / heads) * heads) / width) === i % heads ? 1 : 0,
  );
  const columns = g.reshape(g.transpose(queries, [0, 2, 1]), [0, 0, 1, -1]);
  const apart = g.multiply(columns, g.constant("heads", [1, width, heads, 1], own));
  const scores = g.matmul(linear(g, placed, "k", k.weight), g.reshape(apart, [0, 0, -1]));
  return g.transpose(scores, [0, 2, 1]);
}

/**
 * Scores of tokens without projecting the image to keys, q_h (x Wk_h)^T = (q_h Wk_h^T) x^T, and without adding its encoding:
 * for a few tokens the encoding's own scores, a product with a constant, cost less than a sum over the image.
 *
 * @param queries [B, heads, T, d], scaled
 * @param image [B, cells, channels]
 * @param encoding [cells, channels]
 * @returns [B, heads * T, cells]; less the bias of the keys, which softmax does not see
 */
export function scoresOfEncoding(
  g: GraphBuilder,
  { heads, k }: Attention,
  queries: Value,
  image: Value,
  encoding: Matrix,
): Value {
  const lifted = liftByHead(g, "k", transpose(k.weight), heads, queries);
  const keys = byHead(g, "pe.k", transpose(multiply(encoding, k.weight)), heads);
  const ofEncoding = g.reshape(g.matmul(queries, keys), [0, -1, encoding.rows]);
  return g.add(againstCells(g, lifted, image), ofEncoding);
}

/**
 * Scores of the image's queries, as the prefix projected them, against keys of tokens.
 *
 * @param keys [B, heads, T, d]
 * @param queries [1, heads, d, cells], scaled
 * @returns [B, heads, T, cells]
 */
export function scoresOfQueries(
  g: GraphBuilder,
  attention: Attention,
  keys: Value,
  queries: Value,
  mask: MaskPrompt | undefined,
): Value {
  const scores = g.matmul(keys, queries);
  if (mask === undefined) return scores;
  const projection = multiply(mask.weight, scale(attention.q.weight, attention.scale));
  return g.add(scores, scoresOfMask(g, "mask.q", attention.heads, projection, keys, mask));
}

/**
 * The same scores from the image itself, without projecting it.
 *
 * @param keys [B, heads, T, d]
 * @param placed the image with its positional encoding
 */
export function scoresOfImage(g: GraphBuilder, attention: Attention, keys: Value, placed: Value, cells: number): Value {
  const { heads, q, scale: factor } = attention;
  const lifted = liftByHead(g, "q", transpose(scale(q.weight, factor)), heads, keys);
  const scores = g.reshape(againstCells(g, lifted, placed), [0, heads, -1, cells]);
  // The bias, which all queries have in common, adds one number a token to all of its row.
  const bias = g.constant("q.bias", [1, heads, q.bias.cols / heads, 1], scale(q.bias, factor).data);
  return g.add(scores, g.matmul(keys, bias));
}

/**
 * The image attends to tokens.
 *
 * @param scores [B, heads, T, cells]
 * @param x [B, T, channels] tokens, for values
 * @param mask a mask prompt and int64 [1], B, where the image is still the prefix's and without it
 * @returns minus the result, [B, cells, channels], and minus what the mask prompt adds to the image
 */
export function attendToTokens(
  g: GraphBuilder,
  attention: Attention,
  scores: Value,
  x: Value,
  cells: number,
  mask?: { prompt: MaskPrompt; batch: Value },
): Value {
  const { heads, out } = attention;
  const overTokens = (reduce: string, value: Value): Value =>
    g.node(reduce, [value, g.integers([2])], { keepdims: { int: 1 } });
  const raised = withoutSubnormals(g, g.node("Exp", [g.subtract(scores, overTokens("ReduceMax", scores))]));
  const weights = g.reshape(g.node("Div", [raised, overTokens("ReduceSum", raised)]), [0, -1, cells]);

  const values = tokenValues(g, attention, x);
  const lifted = g.matmul(values, byHead(g, "out", scale(out.weight, -1), heads));
  // The weights of every head sum to one in every cell, so a share of the bias in each value adds up to the bias.
  const share = g.constant("out.bias", [out.weight.cols], scale(out.bias, -1 / heads).data);
  const minusValues = g.reshape(g.add(lifted, share), [0, -1, out.weight.cols]);
  if (mask === undefined) return g.matmul(g.transpose(weights, [0, 2, 1]), minusValues);

  // Features of the mask are more weights, and its embedding's weights are their values.
  const { weight, rows } = mask.prompt;
  const embedding = g.constant("mask.embedding", [1, weight.rows, weight.cols], scale(weight, -1).data);
  const repeated = g.node("Expand", [embedding, g.concat([mask.batch, g.integers([1, 1])], 0)]);
  const allWeights = g.transpose(g.concat([weights, rows], 1), [0, 2, 1]);
  return g.matmul(allWeights, g.concat([minusValues, repeated], 1));
}

/**
 * Weights of an attention, each 1e-30 larger. Scores span a hundred and more, so many weights would be subnormal numbers, and
 * a product of those takes the processor many times as long. It changes no weight above 1e-23 and nothing in the result.
 */
function withoutSubnormals(g: GraphBuilder, weights: Value): Value {
  return g.add(weights, g.scalar(1e-30));
}

/**
 * x [B, n, channels] and image [B, cells, channels] -> x image^T [B, n, cells]. The image is the left factor because a
 * transpose of the result costs a fraction of one of the image.
 */
function againstCells(g: GraphBuilder, x: Value, image: Value): Value {
  return g.transpose(g.matmul(image, g.transpose(x, [0, 2, 1])), [0, 2, 1]);
}

/** Each head times its rows of a weight [heads * d, channels]: [B, heads, T, d] -> [B, heads * T, channels]. */
function liftByHead(g: GraphBuilder, name: string, weight: Matrix, heads: number, x: Value): Value {
  return g.reshape(g.matmul(x, byHead(g, name, weight, heads)), [0, -1, weight.cols]);
}

/** The rows of a weight [heads * d, n] as a constant [1, heads, d, n]. */
function byHead(g: GraphBuilder, name: string, weight: Matrix, heads: number): Value {
  return g.constant(name, [1, heads, weight.rows / heads, weight.cols], weight.data);
}

/** The columns of a weight [n, heads * d] as a constant [1, heads, n, d]. */
function valuesByHead(g: GraphBuilder, name: string, weight: Matrix, heads: number): Value {
  return g.constant(name, [1, heads, weight.rows, weight.cols / heads], columnsByHead(weight, heads));
}

/** What a mask prompt adds to the scores of tokens [B, heads, T, d] against a projection [rank, heads * d] of the image. */
function scoresOfMask(
  g: GraphBuilder,
  name: string,
  heads: number,
  projection: Matrix,
  tokens: Value,
  mask: MaskPrompt,
): Value {
  const rows = g.node("Unsqueeze", [mask.rows, g.integers([1])]);
  return g.matmul(g.matmul(tokens, byHead(g, name, transpose(projection), heads)), rows);
}
