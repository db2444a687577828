import type { GraphBuilder, Value } from "../../inference/onnx/graph-builder.js";
import { add, type Matrix, matrix, scale, transpose } from "../../inference/onnx/matrix.js";
import type { PatchConvolution } from "./find-layers.js";
import type { PromptWeights } from "./find-prompts.js";
import { gelu, layerNorm, linear } from "./layers.js";

/**
 * What a mask prompt adds to the image: features x weight. The rank, 17 for the models that exist, is far below the
 * channels, so whatever is projected from the image changes by a product of that rank, and what the prefix computed
 * stays true.
 */
export interface MaskPrompt {
  /** [B, cells, rank]; the last is one everywhere and stands for the bias. */
  readonly features: Value;
  /** [B, rank, cells] */
  readonly rows: Value;
  /** [rank, channels] */
  readonly weight: Matrix;
}

/**
 * The prompt encoder's convolutions of a mask, up to the last, which is linear.
 *
 * @param mask float32 [B, 1, 4 * grid, 4 * grid], logits
 */
export function maskPrompt(g: GraphBuilder, prompts: PromptWeights, mask: Value, grid: number): MaskPrompt {
  const { convolutions, norms } = prompts.maskDownscaling;
  const [first, second, third] = convolutions;
  // Both 2x2 convolutions at once from space to depth: cell, then place in the cell, then place in that.
  const axes = g.reshape(mask, [-1, grid, 2, 2, grid, 2, 2]);
  const patches = g.reshape(g.transpose(axes, [0, 1, 4, 2, 5, 3, 6]), [-1, 4 * grid * grid, 4]);
  const fine = gelu(g, layerNorm(g, linear(g, patches, "first", rowsOfPatch(first), first.bias), "norm1", norms[0]));
  const cells = g.reshape(fine, [0, grid * grid, -1]);
  const coarse = gelu(g, layerNorm(g, linear(g, cells, "second", rowsOfPatch(second), second.bias), "norm2", norms[1]));
  // A feature that is always one carries the last bias, less the no-mask embedding that is in the prefix's image.
  const features = g.node("Pad", [coarse, g.integers([0, 0, 0, 0, 0, 1]), g.scalar(1)]);
  const last = rowsOfPatch(third);
  const bias = add(third.bias, scale(prompts.noMask, -1));
  const weight = matrix(last.rows + 1, last.cols, [...last.data, ...bias.data]);
  return { features, rows: g.transpose(features, [0, 2, 1]), weight };
}

/** The weights of a patch convolution, ONNX's [out, in, k, k], as [(ky, kx, in), out]. */
function rowsOfPatch({ weight, dims }: PatchConvolution): Matrix {
  const [outputs = 0, inputs = 0, size = 0] = dims;
  const places = size * size;
  const data = new Float64Array(weight.length);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let p = 0; p < places; p++) {
        data[(o * places + p) * inputs + i] = weight[(o * inputs + i) * places + p]!;
      }
    }
  }
  return transpose(matrix(outputs, places * inputs, data));
}
