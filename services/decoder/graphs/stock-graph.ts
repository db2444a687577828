import { type InferenceSession, Tensor } from "onnxruntime-node";
import type { Candidates } from "../../sam/masks/candidates.js";
import type { DecoderGraph } from "./decoder-graph.js";

const gridSize = 256;

/**
 * Meta's export with one mask chosen inside (`SamOnnxModel` with return_single_mask): the mask that SAM's own rule picks
 * is the one candidate. Served when the graph is not one that we can rewrite.
 */
export function stockGraph(session: InferenceSession, embeddingDims: number[]): DecoderGraph<Tensor> {
  const noMask = new Float32Array(gridSize * gridSize);
  // The export resizes to the picture's size inside the graph, which costs more than the decode; the full-resolution mask
  // is made from the logits instead, so the graph is asked for the smallest picture.
  const smallest = new Tensor("float32", Float32Array.of(1, 1), [2]);
  return {
    kind: "stock",
    preparedBytes: 4 * embeddingDims.reduce((product, dim) => product * dim, 1),
    prepare: async ([embedding]) => new Tensor("float32", embedding as Float32Array, embeddingDims),
    async decode(embedding, prompts, maskLogits) {
      const candidates: Candidates[] = [];
      // The export takes one prompt a run.
      for (const { coords, labels, count } of prompts) {
        const outputs = await session.run(
          {
            image_embeddings: embedding,
            point_coords: new Tensor("float32", coords, [1, count, 2]),
            point_labels: new Tensor("float32", labels, [1, count]),
            mask_input: new Tensor("float32", maskLogits ?? noMask, [1, 1, gridSize, gridSize]),
            has_mask_input: new Tensor("float32", Float32Array.of(maskLogits ? 1 : 0), [1]),
            orig_im_size: smallest,
          },
          ["low_res_masks", "iou_predictions"],
        );
        candidates.push({
          logits: outputs.low_res_masks?.data as Float32Array,
          predictedIou: outputs.iou_predictions?.data as Float32Array,
        });
      }
      return candidates;
    },
  };
}
