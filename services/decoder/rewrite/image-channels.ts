import type { Attention } from "./find-attention.js";
import type { Linear, PatchConvolution } from "./find-layers.js";
import type { DecoderWeights, Layer } from "./find-weights.js";
import { columns, type Matrix, rows } from "./matrix.js";

/**
 * The order in which the step keeps the image's channels: the largest contributions to the second layer's scores last.
 *
 * A score there is a sum over all channels, and a few of them, the position's lowest frequencies, make most of it. Were
 * they added first, every channel after them would be rounded to the precision of a large number; measured on photographs,
 * this order makes the scores' errors two to four times smaller, and it costs nothing, as it is an order of weights.
 *
 * @returns indices into the embedding's channels
 */
export function imageChannelOrder({ layers }: DecoderWeights): number[] {
  const { weight } = layers[1].t2i.k;
  const norm = (row: number): number =>
    weight.data.subarray(row * weight.cols, (row + 1) * weight.cols).reduce((sum, value) => sum + value * value, 0);
  const norms = Array.from({ length: weight.rows }, (_, row) => norm(row));
  return norms.map((_, row) => row).sort((a, b) => norms[a]! - norms[b]!);
}

/** The same weights for an image whose channels are in another order; the tokens' stay. */
export function reorderImageChannels(weights: DecoderWeights, order: readonly number[]): DecoderWeights {
  const { prompts, layers, final, upscaling } = weights;
  const { convolutions, norms } = prompts.maskDownscaling;
  const [first, second, third] = convolutions;
  const vector = (value: Matrix): Matrix => columns(value, order);
  const reads = (linear: Linear): Linear => ({ ...linear, weight: rows(linear.weight, order) });
  const seen = (attention: Attention): Attention => ({ ...attention, k: reads(attention.k), v: reads(attention.v) });
  const told = ({ q, out, ...attention }: Attention): Attention => ({
    ...attention,
    q: reads(q),
    out: { ...out, weight: columns(out.weight, order), bias: vector(out.bias) },
  });
  const layer = ({ t2i, i2t, norm4, ...rest }: Layer): Layer => ({
    ...rest,
    t2i: seen(t2i),
    i2t: told(i2t),
    norm4: { ...norm4, weight: vector(norm4.weight), bias: vector(norm4.bias) },
  });
  return {
    ...weights,
    prompts: {
      ...prompts,
      noMask: vector(prompts.noMask),
      maskDownscaling: { convolutions: [first, second, { ...byFirst(third, order), bias: vector(third.bias) }], norms },
    },
    layers: [layer(layers[0]), layer(layers[1])],
    final: seen(final),
    upscaling: { ...upscaling, first: byFirst(upscaling.first, order) },
  };
}

/** A convolution whose first axis is the image's channels: those of a result or, transposed, of an input. */
function byFirst(convolution: PatchConvolution, order: readonly number[]): PatchConvolution {
  const { weight, dims } = convolution;
  const size = weight.length / (dims[0] ?? 1);
  const data = Float64Array.from(weight, (_, i) => weight[order[Math.floor(i / size)]! * size + (i % size)]!);
  return { ...convolution, weight: data };
}
