import { GraphBuilder, type Value } from "../../inference/onnx/graph-builder.js";
import { type Matrix, scale } from "../../inference/onnx/matrix.js";
import type { DecoderWeights } from "./find-weights.js";
import { linear } from "./layers.js";
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
 *   attention, with biases, as the export makes them to the last bit (see token-attention.ts);
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
  const project = (x: Value, name: string, weight: Matrix, bias: Matrix): Value =>
    g.reshape(linear(g, x, name, weight, bias), [0, 0, t2i.heads, -1]);
  const planes = g.reshape(embeddings, [0, 0, cells]);
  const image = g.add(g.transpose(planes, [0, 2, 1]), g.constant("no_mask", [channels], prompts.noMask.data));
  const placed = g.add(image, positionalEncoding(g, prompts.gaussian, grid));
  const keys = g.transpose(project(placed, "t2i.k", t2i.k.weight, t2i.k.bias), [0, 2, 3, 1]);
  const values = g.transpose(project(image, "t2i.v", t2i.v.weight, t2i.v.bias), [0, 2, 1, 3]);
  const asked = project(placed, "i2t.q", scale(i2t.q.weight, i2t.scale), scale(i2t.q.bias, i2t.scale));
  const queries = g.transpose(asked, [0, 2, 3, 1]);

  const shapes = prefixOutputs(weights);
  g.output("image", image, shapes.image!, "Embedding and no-mask embedding, channels last.");
  g.output("image_keys", keys, shapes.image_keys!, "Keys of the first layer, tokens to image.");
  g.output("image_values", values, shapes.image_values!, "Values of the first layer, tokens to image.");
  g.output("image_queries", queries, shapes.image_queries!, "Queries of the first layer, image to tokens.");
  return g.build();
}
