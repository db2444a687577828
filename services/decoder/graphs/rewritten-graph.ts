import { type InferenceSession, Tensor } from "onnxruntime-node";
import type { ModelSpec } from "../../inference/models/manifest.js";
import { imageTensor } from "../../inference/models/model-tensors.js";
import type { PromptTokens } from "../../sam/prompts/prompt-tokens.js";
import type { DecoderGraph, Width } from "./decoder-graph.js";

type Prepared = InferenceSession.OnnxValueMapType;

/** The rewritten decoder's sessions for one width. */
export interface RewrittenSessions {
  prefix: InferenceSession;
  step: InferenceSession;
  stepWithMask: InferenceSession;
}

/**
 * The decoder in two halves: the prefix once a picture, the step once a prompt, every candidate mask out.
 * @param sessions those of a width that a worker lacks are taken from the other.
 */
export function rewrittenGraph(
  sessions: Partial<Record<Width, RewrittenSessions>>,
  model: ModelSpec,
): DecoderGraph<Prepared> {
  const { maskGrid: gridSize } = model.decoder;
  const { index, dims } = imageTensor(model);
  const any = sessions.narrow ?? sessions.wide;
  if (!any) throw new Error("a rewritten decoder needs sessions of one width at least");
  const of = (width: Width) => sessions[width] ?? any;
  return {
    kind: "rewritten",
    // The embedding in channels-last order, and keys, values and queries of the first layer, each half its width.
    preparedBytes: 4 * 2.5 * dims.reduce((product, dim) => product * dim, 1),
    prepare: (tensors, width) =>
      of(width).prefix.run({ image_embeddings: new Tensor("float32", tensors[index] as Float32Array, dims) }),
    async decode(prepared, prompts, maskLogits, width) {
      const { step, stepWithMask } = of(width);
      const feeds = { ...prepared, ...tokenTensors(prompts) };
      const outputs = maskLogits
        ? await stepWithMask.run({
            ...feeds,
            mask_input: new Tensor("float32", maskLogits, [1, 1, gridSize, gridSize]),
          })
        : await step.run(feeds);
      const logits = outputs.low_res_masks?.data as Float32Array;
      const scores = outputs.iou_predictions?.data as Float32Array;
      const count = scores.length / prompts.length;
      const cells = count * gridSize * gridSize;
      return prompts.map((_, at) => ({
        logits: logits.subarray(at * cells, (at + 1) * cells),
        predictedIou: scores.subarray(at * count, (at + 1) * count),
      }));
    },
  };
}

/** Prompts of one batch side by side. @throws Error when they differ in their number of tokens: a pad would change the result. */
function tokenTensors(prompts: PromptTokens[]): { point_coords: Tensor; point_labels: Tensor } {
  const count = prompts[0]?.count ?? 0;
  if (prompts.some((prompt) => prompt.count !== count))
    throw new Error("prompts of one batch differ in their number of tokens");
  const coords = new Float32Array(2 * count * prompts.length);
  const labels = new Float32Array(count * prompts.length);
  for (const [index, prompt] of prompts.entries()) {
    coords.set(prompt.coords, 2 * count * index);
    labels.set(prompt.labels, count * index);
  }
  return {
    point_coords: new Tensor("float32", coords, [prompts.length, count, 2]),
    point_labels: new Tensor("float32", labels, [prompts.length, count]),
  };
}
