import { z } from "zod";
import type { DecoderContract, EncoderContract } from "./model-spec.js";
import { pyramid, sam2, sam2Cell } from "./sam2.js";
import type { SegmenterFamily } from "./segmenter-family.js";

const sam2SplitTensors = z
  .strictObject({
    encoder: z
      .strictObject({
        input: z.string().default("pixel_values"),
        quarter: z.string().default("image_embeddings.0"),
        eighth: z.string().default("image_embeddings.1"),
        output: z.string().default("image_embeddings.2"),
      })
      .prefault({}),
    decoder: z
      .strictObject({
        quarter: z.string().default("image_embeddings.0"),
        eighth: z.string().default("image_embeddings.1"),
        image: z.string().default("image_embeddings.2"),
        points: z.string().default("input_points"),
        labels: z.string().default("input_labels"),
        boxes: z.string().default("input_boxes"),
        logits: z.string().default("pred_masks"),
        scores: z.string().default("iou_scores"),
      })
      .prefault({}),
  })
  .prefault({});

/** @param side of the frame. @param cells of the coarsest features, along it. */
function sam2SplitContracts(
  { encoder, decoder }: z.output<typeof sam2SplitTensors>,
  side: number,
  cells: number,
): { encoder: EncoderContract; decoder: DecoderContract } {
  const { quarter, eighth, image } = pyramid({ ...encoder, image: encoder.output }, cells);
  return {
    encoder: { input: encoder.input, layout: "planes", takes: "frame", outputs: [quarter, eighth, image] },
    decoder: {
      maskGrid: 4 * cells,
      embedding: [{ name: decoder.quarter }, { name: decoder.eighth }, { name: decoder.image }],
      tokens: { side, pad: "graph", box: "input", axes: 2, labels: "int64" },
      inputs: { points: decoder.points, labels: decoder.labels, boxes: decoder.boxes },
      outputs: { logits: decoder.logits, scores: decoder.scores },
    },
  };
}

/**
 * SAM 2, 2.1 and EdgeTAM for pictures as transformers.js runs them (`modeling_sam2.js` of huggingface/transformers.js). Points
 * with an axis of prompts before them and whole labels, a box in an input of its own; three candidates, no mask input.
 */
export const sam2Split: SegmenterFamily<"sam2-split", typeof sam2SplitTensors> = {
  name: "sam2-split",
  capabilities: { ...sam2.capabilities, maskInput: false },
  preprocess: sam2.preprocess,
  tensors: sam2SplitTensors,
  mayRemember: true,
  contracts: (tensors, { size }) => sam2SplitContracts(tensors, size, size / sam2Cell),
};
