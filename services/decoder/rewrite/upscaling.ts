import type { PatchConvolution } from "./find-layers.js";
import type { DecoderWeights } from "./find-weights.js";
import type { GraphBuilder, Value } from "./graph-builder.js";
import { gelu, layerNorm, linear } from "./layers.js";
import { beside, type Matrix, matrix } from "./matrix.js";

/**
 * The masks' logits: the image upscaled twice, and its product with each mask's hypernetwork.
 *
 * A transposed convolution whose stride is its kernel is a matrix product that gives each cell its four children, so the
 * image stays channels last and its cells stay where they are; only the finished logits are put in the order of pixels.
 *
 * @param image [B, cells, channels]
 * @param hyper [B, features, masks], what the hypernetworks made of the mask tokens
 * @returns [B, masks, 4 * grid, 4 * grid]
 */
export function upscaledMasks(g: GraphBuilder, weights: DecoderWeights, image: Value, hyper: Value): Value {
  const { first, norm, second } = weights.upscaling;
  const { grid } = weights.stock;
  const masks = weights.hypernetworks.length;
  const children = linear(g, image, "first", columnsOfPatch(first), fourTimes(first.bias));
  const once = gelu(g, layerNorm(g, g.reshape(children, [0, -1, first.bias.cols]), "norm", norm));
  const twice = gelu(g, linear(g, once, "second", columnsOfPatch(second), fourTimes(second.bias)));
  const logits = g.matmul(g.reshape(twice, [0, -1, second.bias.cols]), hyper);

  // [row, col, row of child, col of child, row of its child, (col of its child, mask)]: rows together and columns
  // together moves blocks of eight, and then masks go first as a plain matrix transpose. One transpose would move singles.
  const axes = g.reshape(logits, [-1, grid, grid, 2, 2, 2, 2 * masks]);
  const pixels = g.transpose(axes, [0, 1, 3, 5, 2, 4, 6]);
  const masksFirst = g.transpose(g.reshape(pixels, [-1, 16 * grid * grid, masks]), [0, 2, 1]);
  return g.reshape(masksFirst, [0, 0, 4 * grid, 4 * grid]);
}

/** The weights of a transposed patch convolution, ONNX's [in, out, k, k], as [in, (ky, kx, out)]. */
function columnsOfPatch({ weight, dims }: PatchConvolution): Matrix {
  const [inputs = 0, outputs = 0, size = 0] = dims;
  const places = size * size;
  const data = new Float64Array(weight.length);
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs; o++) {
      for (let p = 0; p < places; p++) {
        data[(i * places + p) * outputs + o] = weight[(i * outputs + o) * places + p]!;
      }
    }
  }
  return matrix(inputs, places * outputs, data);
}

function fourTimes(bias: Matrix): Matrix {
  return beside(bias, bias, bias, bias);
}
