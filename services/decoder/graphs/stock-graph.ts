import { type InferenceSession, Tensor } from "onnxruntime-node";
import type { ModelSpec } from "../../inference/models/manifest.js";
import { imageTensor } from "../../inference/models/model-tensors.js";
import type { Candidates } from "../../sam/masks/candidates.js";
import type { DecoderGraph } from "./decoder-graph.js";

/**
 * Meta's export with one mask chosen inside (`SamOnnxModel` with return_single_mask): the mask that SAM's own rule picks
 * is the one candidate. Served when the graph is not one that we can rewrite.
 */
export function stockGraph(session: InferenceSession, model: ModelSpec): DecoderGraph<Tensor> {
  const { inputs, outputs, maskGrid: gridSize } = model.decoder;
  const { index, dims } = imageTensor(model);
  const noMask = new Float32Array(gridSize * gridSize);
  // The export resizes to the picture's size inside the graph, which costs more than the decode; the full-resolution mask
  // is made from the logits instead, so the graph is asked for the smallest picture.
  const smallest = new Tensor("float32", Float32Array.of(1, 1), [2]);
  return {
    kind: "stock",
    preparedBytes: 4 * dims.reduce((product, dim) => product * dim, 1),
    prepare: async (tensors) => new Tensor("float32", tensors[index] as Float32Array, dims),
    async decode(embedding, prompts, maskLogits) {
      const candidates: Candidates[] = [];
      // The export takes one prompt a run.
      for (const { coords, labels, count } of prompts) {
        const results = await session.run(
          {
            [inputs.image]: embedding,
            [inputs.points]: new Tensor("float32", coords, [1, count, 2]),
            [inputs.labels]: new Tensor("float32", labels, [1, count]),
            [inputs.mask]: new Tensor("float32", maskLogits ?? noMask, [1, 1, gridSize, gridSize]),
            [inputs.hasMask]: new Tensor("float32", Float32Array.of(maskLogits ? 1 : 0), [1]),
            [inputs.size]: smallest,
          },
          [outputs.logits, outputs.scores],
        );
        candidates.push({
          logits: results[outputs.logits]?.data as Float32Array,
          predictedIou: results[outputs.scores]?.data as Float32Array,
        });
      }
      return candidates;
    },
  };
}
