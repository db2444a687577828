import type { GraphBuilder, Value } from "../../inference/onnx/graph-builder.js";
import { add, beside, type Matrix, matrix, multiply, scale } from "../../inference/onnx/matrix.js";
import type { Norm, PatchConvolution } from "./find-layers.js";
import type { DecoderWeights } from "./find-weights.js";
import { gelu, layerNorm, linear } from "./layers.js";

/**
 * The masks' logits: the image upscaled twice, and its product with each mask's hypernetwork.
 *
 * A transposed convolution whose stride is its kernel is a matrix product that gives each cell its four children, so the
 * image stays channels last and its cells stay where they are; only the finished logits are put in the order of pixels.
 * One child at a time goes all the way: the wide intermediate results then stay in the processor's cache, which is worth
 * a tenth of this part.
 *
 * @param hyper [B, features, masks], what the hypernetworks made of the mask tokens
 * @returns [B, masks, 4 * grid, 4 * grid]
 */
export function upscaledMasks(g: GraphBuilder, weights: DecoderWeights, image: Value, hyper: Value): Value {
  const { first, norm, second } = weights.upscaling;
  const { grid } = weights.stock;
  const cells = grid * grid;
  const masks = weights.hypernetworks.length;
  const grandchildren = beside(...childWeights(second));
  const bias = beside(second.bias, second.bias, second.bias, second.bias);
  const ofChildren = onDiagonal(g, hyper, 4, second.bias.cols, masks);
  const logits = childWeights(first).map((weight, child) =>
    g.within(`child${child}`, () => {
      const { weight: folded, bias: left } = foldBias(weights.layers[1].norm4, weight, first.bias);
      const once = gelu(g, layerNorm(g, linear(g, image, "first", folded, left), "norm", norm));
      const twice = gelu(g, linear(g, once, "second", grandchildren, bias));
      return g.matmul(twice, ofChildren);
    }),
  );

  // [row, col, row of child, col of child, row of its child, (col of its child, mask)]: rows together and columns
  // together moves blocks of eight, and then masks go first as a plain matrix transpose. One transpose would move singles.
  const axes = g.reshape(g.concat(logits, 2), [-1, grid, grid, 2, 2, 2, 2 * masks]);
  const pixels = g.transpose(axes, [0, 1, 3, 5, 2, 4, 6]);
  const masksFirst = g.transpose(g.reshape(pixels, [-1, 16 * cells, masks]), [0, 2, 1]);
  return g.reshape(masksFirst, [0, 0, 4 * grid, 4 * grid]);
}

/**
 * `count` copies of a matrix on the diagonal of one: [B, rows, cols] -> [B, count * rows, count * cols]. As a factor it does
 * for several neighbours at once what the matrix does for one, zeros included in less time: its rows fill a vector register.
 */
function onDiagonal(g: GraphBuilder, x: Value, count: number, rows: number, cols: number): Value {
  const below = g.concat(Array<Value>(count).fill(x), 1);
  const everywhere = g.concat(Array<Value>(count).fill(below), 2);
  const [height, width] = [count * rows, count * cols];
  const own = Float64Array.from({ length: height * width }, (_, i) =>
    Math.floor(i / width / rows) === Math.floor((i % width) / cols) ? 1 : 0,
  );
  return g.multiply(everywhere, g.constant("diagonal", [1, height, width], own));
}

/**
 * The same x W + b with b inside W, for an x that was normalised. Before its own weight g and bias c a normalised row sums to
 * zero, so the sum of x / g is the sum of c / g whatever the row was, and a multiple of 1 / g in each column of W adds a
 * constant. Where those are too small or too large to divide by, b stays apart.
 */
function foldBias(norm: Norm, weight: Matrix, bias: Matrix): { weight: Matrix; bias?: Matrix } {
  const inverse = norm.weight.data.map((value) => 1 / value);
  const sum = norm.bias.data.reduce((total, value, i) => total + value * inverse[i]!, 0);
  const largest = inverse.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  if (Math.abs(sum) < 1 || largest > 100) return { weight, bias };
  return { weight: add(weight, multiply(matrix(inverse.length, 1, inverse), scale(bias, 1 / sum))) };
}

/** The weights of a transposed 2x2 convolution, ONNX's [in, out, 2, 2], one [in, out] a child, row by row. */
function childWeights({ weight, dims }: PatchConvolution): Matrix[] {
  const [inputs = 0, outputs = 0] = dims;
  return [0, 1, 2, 3].map((child) => {
    const values = Float64Array.from({ length: inputs * outputs }, (_, i) => weight[4 * i + child]!);
    return matrix(inputs, outputs, values);
  });
}
