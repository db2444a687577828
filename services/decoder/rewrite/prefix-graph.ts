import type { DecoderWeights } from "./find-weights.js";
import { GraphBuilder, type Value } from "./graph-builder.js";
import { type Matrix, scale } from "./matrix.js";
import { positionalEncoding } from "./positional-encoding.js";

/** The names and shapes of what the prefix hands to the step, all float32. P is the number of grid cells, row by row. */
export function prefixOutputs(weights: DecoderWeights): Readonly<Record<string, readonly number[]>> {
  const { channels, grid } = weights.stock;
  const { heads, k } = weights.layers[0].t2i;
  const cells = grid * grid;
  const width = k.weight.cols / heads;
  return {
    image: [1, cells, channels],
    image_keys: [1, heads, width, cells],
    image_values: [1, heads, cells, width],
    image_queries: [1, heads, width, cells],
  };
}

/**
 * The part of the decoder that depends on the image alone, to be run once an image.
 *
 * Input `image_embeddings` float32 [1, channels, grid, grid]. Outputs, float32, with 64x64 cells, 256 channels and 8 heads
 * of 16 for the models that exist:
 * - `image` [1, cells, channels]: the embedding with the no-mask embedding added, channels last;
 * - `image_keys` [1, heads, 16, cells] and `image_values` [1, heads, cells, 16] of the first layer's tokens-to-image
 *   attention, without biases (a key's bias shifts all scores of a query alike, which softmax does not see; a value's is
 *   merged into the output's);
 * - `image_queries` [1, heads, 16, cells] of the first layer's image-to-tokens attention, with bias, divided by the root of
 *   a head's width.
 */
export function prefixGraph(weights: DecoderWeights): Uint8Array {
  const { stock, prompts, layers } = weights;
  const { channels, grid } = stock;
  const { t2i, i2t } = layers[0];
  const cells = grid * grid;
  const g = new GraphBuilder("maskwire decoder, prefix: once an image");
  const embeddings = g.input("image_embeddings", [1, channels, grid, grid], "The encoder's result.");

  // Projections make [1, cells, heads * d]; the step wants heads first, and keys and queries with cells last.
  const project = (x: Value, name: string, weight: Matrix): Value =>
    g.reshape(g.matmul(x, g.constant(name, [weight.rows, weight.cols], weight.data)), [0, 0, t2i.heads, -1]);
  const flat = g.transpose(g.reshape(embeddings, [0, 0, cells]), [0, 2, 1]);
  const image = g.add(flat, g.constant("no_mask", [channels], prompts.noMask.data));
  const pe = positionalEncoding(prompts.gaussian, grid);
  const placed = g.add(image, g.constant("pe", [1, cells, channels], pe.data));
  const keys = g.transpose(project(placed, "t2i.k", t2i.k.weight), [0, 2, 3, 1]);
  const values = g.transpose(project(image, "t2i.v", t2i.v.weight), [0, 2, 1, 3]);
  const queryBias = scale(i2t.q.bias, i2t.scale);
  const unbiased = project(placed, "i2t.q", scale(i2t.q.weight, i2t.scale));
  const bias = g.constant("i2t.q.bias", [i2t.heads, queryBias.cols / i2t.heads], queryBias.data);
  const queries = g.transpose(g.add(unbiased, bias), [0, 2, 3, 1]);

  const shapes = prefixOutputs(weights);
  g.output("image", image, shapes.image!, "Embedding and no-mask embedding, channels last.");
  g.output("image_keys", keys, shapes.image_keys!, "Keys of the first layer, tokens to image.");
  g.output("image_values", values, shapes.image_values!, "Values of the first layer, tokens to image.");
  g.output("image_queries", queries, shapes.image_queries!, "Queries of the first layer, image to tokens.");
  return g.build();
}
