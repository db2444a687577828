import { z } from "zod";
import type { SegmenterFamily } from "./segmenter-family.js";

const dims = z
  .tuple([z.literal(1), z.number().int().positive(), z.number().int().positive(), z.number().int().positive()])
  .refine(([, , height, width]) => height === width, "[1, channels, side, side]");

const tensors = z.strictObject({
  encoder: z.strictObject({
    input: z.string(),
    output: z.string(),
    dims: dims.prefault([1, 256, 64, 64]).describe("Of the output: channels, and cells along each side of the frame."),
  }),
  decoder: z
    .strictObject({
      image: z.string().default("image_embeddings"),
      points: z.string().default("point_coords"),
      labels: z.string().default("point_labels"),
      mask: z.string().default("mask_input"),
      hasMask: z.string().default("has_mask_input"),
      size: z.string().default("orig_im_size"),
      logits: z.string().default("low_res_masks"),
      scores: z.string().default("iou_predictions"),
      maskGrid: z.number().int().min(2).default(256).describe("Side of the square grid of logits."),
    })
    .prefault({}),
});

/**
 * Segment Anything as Meta exports it (`scripts/export_onnx_model.py` of facebookresearch/segment-anything), and what was
 * distilled from it behind the same decoder. The encoder takes the normalised frame; the decoder takes points in the
 * frame's pixels, appends no pad of its own, and gives the mask of several prompts first, then three of an ambiguous one.
 */
export const sam1: SegmenterFamily<"sam1", typeof tensors> = {
  name: "sam1",
  capabilities: { points: "all", boxes: true, maskInput: true, candidates: 3, text: false, video: false },
  tensors,
  contracts({ encoder: { input, output, dims }, decoder: { logits, scores, maskGrid, ...inputs } }) {
    return {
      encoder: { input, outputs: [{ name: output, role: "image", dims }] },
      decoder: { inputs, outputs: { logits, scores }, maskGrid },
    };
  },
};
