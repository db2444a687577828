import type { PatchConvolution } from "./find-layers.js";
import type { DecoderWeights } from "./find-weights.js";
import type { GraphBuilder, Value } from "./graph-builder.js";
import type { Image } from "./image-attention.js";
import { gelu, layerNorm, linear } from "./layers.js";
import { add, beside, type Matrix, matrix, multiply } from "./matrix.js";

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
export function upscaledMasks(g: GraphBuilder, weights: DecoderWeights, image: Image, hyper: Value): Value {
  const { first, norm, second } = weights.upscaling;
  const { grid } = weights.stock;
  const cells = grid * grid;
  const masks = weights.hypernetworks.length;
  const grandchildren = beside(...childWeights(second));
  const bias = beside(second.bias, second.bias, second.bias, second.bias);
  const logits = childWeights(first).map((weight, child) =>
    g.within(`child${child}`, () => {
      const common = add(multiply(image.offset, weight), first.bias);
      const once = gelu(g, layerNorm(g, linear(g, image.value, "first", weight, common), "norm", norm));
      const twice = gelu(g, linear(g, once, "second", grandchildren, bias));
      const perMask = g.matmul(g.reshape(twice, [0, -1, second.bias.cols]), hyper);
      return g.reshape(perMask, [0, cells, 4 * masks]);
    }),
  );

  // [row, col, row of child, col of child, row of its child, (col of its child, mask)]: rows together and columns
  // together moves blocks of eight, and then masks go first as a plain matrix transpose. One transpose would move singles.
  const axes = g.reshape(g.concat(logits, 2), [-1, grid, grid, 2, 2, 2, 2 * masks]);
  const pixels = g.transpose(axes, [0, 1, 3, 5, 2, 4, 6]);
  const masksFirst = g.transpose(g.reshape(pixels, [-1, 16 * cells, masks]), [0, 2, 1]);
  return g.reshape(masksFirst, [0, 0, 4 * grid, 4 * grid]);
}

/** The weights of a transposed 2x2 convolution, ONNX's [in, out, 2, 2], one [in, out] a child, row by row. */
function childWeights({ weight, dims }: PatchConvolution): Matrix[] {
  const [inputs = 0, outputs = 0] = dims;
  return [0, 1, 2, 3].map((child) => {
    const values = Float64Array.from({ length: inputs * outputs }, (_, i) => weight[4 * i + child]!);
    return matrix(inputs, outputs, values);
  });
}
