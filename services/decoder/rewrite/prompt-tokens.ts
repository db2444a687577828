import type { GraphBuilder, Value } from "../../inference/onnx/graph-builder.js";
import { labelValues, type PromptWeights } from "./find-prompts.js";

/**
 * The decoder's own tokens and the prompt's, [B, T, channels] with T = 1 + masks + N.
 *
 * @param coords float32 [B, N, 2], pixels of the model's input
 * @param labels float32 [B, N]
 * @param batch int64 [1], B
 */
export function promptTokens(
  g: GraphBuilder,
  prompts: PromptWeights,
  coords: Value,
  labels: Value,
  batch: Value,
): Value {
  const channels = 2 * prompts.gaussian.cols;
  // The same steps as the export, rounding included: a phase reaches tens of radians, where single precision is felt.
  const centred = g.multiply(g.add(coords, g.scalar(0.5)), g.scalar(2 / prompts.inputSize));
  const normalised = g.subtract(centred, g.scalar(1));
  const features = g.matmul(normalised, g.constant("gaussian", [2, prompts.gaussian.cols], prompts.gaussian.data));
  const phase = g.multiply(features, g.scalar(2 * Math.PI));
  const position = g.concat([g.node("Sin", [phase]), g.node("Cos", [phase])], -1);

  // [B, N, 5] of zeros and ones: a label that SAM does not know gets a position and no embedding, as in the export.
  const column = g.node("Unsqueeze", [labels, g.integers([-1])]);
  const known = g.constant("label_values", [labelValues.length], labelValues);
  const oneHot = g.node("Cast", [g.node("Equal", [column, known])], { to: { int: 1 } });
  const embedding = g.matmul(
    oneHot,
    g.constant("label_embeddings", [labelValues.length, channels], prompts.labels.data),
  );
  const isPad = g.slice(oneHot, -1, 0, 1);
  const placed = g.multiply(position, g.subtract(g.scalar(1), isPad));

  const own = g.constant("output_tokens", [1, prompts.outputTokens.rows, channels], prompts.outputTokens.data);
  const repeated = g.node("Expand", [own, g.concat([batch, g.integers([1, 1])], 0)]);
  return g.concat([repeated, g.add(placed, embedding)], 1);
}
