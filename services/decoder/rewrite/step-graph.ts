import { GraphBuilder, type Value } from "../../inference/onnx/graph-builder.js";
import { scale } from "../../inference/onnx/matrix.js";
import type { DecoderWeights, Layer } from "./find-weights.js";
import { heads } from "./heads.js";
import {
  attendToImage,
  attendToKeys,
  attendToTokens,
  scoresOfEncoding,
  scoresOfImage,
  scoresOfKeys,
  scoresOfQueries,
} from "./image-attention.js";
import { layerNorm, linear } from "./layers.js";
import { maskPrompt } from "./mask-prompt.js";
import { positionalEncoding, positionalEncodingMatrix } from "./positional-encoding.js";
import { prefixOutputs } from "./prefix-graph.js";
import { promptTokens } from "./prompt-tokens.js";
import { projectQueries, residualNorm, selfAttention, tokenKeys, tokenQueries } from "./token-attention.js";
import { upscaledMasks } from "./upscaling.js";

/**
 * The part of the decoder that depends on the prompt, to be run once a prompt, or once a batch of B prompts of N points
 * each on one image. All float32; sizes in brackets are those of the models that exist.
 *
 * Inputs: what the prefix made of the image (see `prefixGraph`), and
 * - `point_coords` [B, N, 2], pixels of the model's input, and `point_labels` [B, N], as in the stock graph: the pad point
 *   of a prompt without a box is given, not added;
 * - `mask_input` [B, 1, 4 * grid, 4 * grid], logits (256), only with `withMask`.
 *
 * Outputs: `low_res_masks` [B, masks, 4 * grid, 4 * grid] (4 masks, 256), logits of every candidate, and
 * `iou_predictions` [B, masks].
 */
export function stepGraph(weights: DecoderWeights, withMask: boolean): Uint8Array {
  const { stock, prompts, layers, hypernetworks } = weights;
  const cells = stock.grid * stock.grid;
  const side = 4 * stock.grid;
  const masks = hypernetworks.length;
  const [first, second] = layers;
  const g = new GraphBuilder(`maskwire decoder, step: once a prompt${withMask ? " with a mask" : ""}`);

  const shapes = prefixOutputs(weights);
  const fromPrefix = (name: string): Value => g.input(name, shapes[name]!, "From the prefix.");
  const image = fromPrefix("image");
  const keys = fromPrefix("image_keys");
  const values = fromPrefix("image_values");
  const queries = fromPrefix("image_queries");
  const coords = g.input("point_coords", ["prompts", "points", 2], "x and y in pixels of the model's input.");
  const labels = g.input("point_labels", ["prompts", "points"], "1, 0, box corners 2 and 3, pad -1.");
  const mask = withMask ? g.input("mask_input", ["prompts", 1, side, side], "Logits to start from.") : undefined;

  const batch = g.node("Shape", [labels], { start: { int: 0 }, end: { int: 1 } });
  const tokens = g.within("prompt", () => promptTokens(g, prompts, coords, labels, batch));
  const prompt = mask === undefined ? undefined : g.within("mask", () => maskPrompt(g, prompts, mask, stock.grid));

  const afterFirst = g.within("layer0", () => {
    const attended = g.within("self", () => selfAttention(g, first.self, tokens, tokens, 1));
    const x1 = layerNorm(g, attended, "norm1", first.norm1);
    const minusSeen = g.within("t2i", () => {
      const asked = tokenQueries(g, first.t2i, g.add(x1, tokens));
      return attendToKeys(g, first.t2i, asked, keys, values, prompt);
    });
    const x3 = mlp(g, first, residualNorm(g, x1, minusSeen, "norm2", first.norm2));
    const minusTold = g.within("i2t", () => {
      const scores = scoresOfQueries(g, first.i2t, tokenKeys(g, first.i2t, g.add(x3, tokens)), queries, prompt);
      return attendToTokens(g, first.i2t, scores, x3, cells, prompt && { prompt, batch });
    });
    return { x: x3, image: residualNorm(g, image, minusTold, "norm4", first.norm4) };
  });

  const afterSecond = g.within("layer1", () => {
    const minusAttended = g.within("self", () =>
      selfAttention(g, second.self, g.add(afterFirst.x, tokens), afterFirst.x, -1),
    );
    const x1 = residualNorm(g, afterFirst.x, minusAttended, "norm1", second.norm1);
    const placed = g.add(afterFirst.image, positionalEncoding(g, prompts.gaussian, stock.grid));
    const minusSeen = g.within("t2i", () => {
      const scores = scoresOfKeys(g, second.t2i, projectQueries(g, second.t2i, g.add(x1, tokens)), placed);
      return attendToImage(g, second.t2i, scores, afterFirst.image);
    });
    const x3 = mlp(g, second, residualNorm(g, x1, minusSeen, "norm2", second.norm2));
    const minusTold = g.within("i2t", () => {
      const scores = scoresOfImage(g, second.i2t, tokenKeys(g, second.i2t, g.add(x3, tokens)), placed, cells);
      return attendToTokens(g, second.i2t, scores, x3, cells);
    });
    return { x: x3, image: residualNorm(g, afterFirst.image, minusTold, "norm4", second.norm4) };
  });

  const own = g.within("final", () => {
    // Only the decoder's own tokens are read after this attention, so only they ask.
    const x = g.slice(afterSecond.x, 1, 0, 1 + masks);
    const asked = tokenQueries(g, weights.final, g.add(x, g.slice(tokens, 1, 0, 1 + masks)));
    const encoding = positionalEncodingMatrix(prompts.gaussian, stock.grid);
    const scores = scoresOfEncoding(g, weights.final, asked, afterSecond.image, encoding);
    const minusSeen = attendToImage(g, weights.final, scores, afterSecond.image);
    return residualNorm(g, x, minusSeen, "norm", weights.normFinal);
  });
  const { scores, hyper } = g.within("heads", () => heads(g, weights, own));
  const logits = g.within("upscaling", () => upscaledMasks(g, weights, afterSecond.image, hyper));
  g.output("low_res_masks", logits, ["prompts", masks, side, side], "Logits of every candidate.");
  g.output("iou_predictions", scores, ["prompts", masks], "The model's own estimate of each candidate's IoU.");
  return g.build();
}

function mlp(g: GraphBuilder, { mlp: [up, down], norm3 }: Layer, x: Value): Value {
  const hidden = g.node("Relu", [linear(g, x, "mlp.up", up.weight, up.bias)]);
  const minusUpdate = linear(g, hidden, "mlp.down", scale(down.weight, -1), scale(down.bias, -1));
  return residualNorm(g, x, minusUpdate, "norm3", norm3);
}
