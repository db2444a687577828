import { z } from "zod";
import type { DecoderContract, Preprocess } from "./model-spec.js";
import { imageDims, samPreprocess } from "./sam-preprocess.js";
import type { SegmenterFamily } from "./segmenter-family.js";

/** What Meta's export calls the decoder's tensors. */
export const sam1Decoder = z
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
  .prefault({});

const tensors = z.strictObject({
  encoder: z.strictObject({
    input: z.string(),
    output: z.string(),
    dims: imageDims
      .prefault([1, 256, 64, 64])
      .describe("Of the output: channels, and cells along each side of the frame."),
  }),
  decoder: sam1Decoder,
});

/**
 * How Meta's decoder is run: points in the frame's pixels, no pad appended; the mask of several prompts first, then three of
 * an ambiguous one. An export resizes its masks to the picture's size, which takes longer than the decode: it is asked for
 * those of the smallest picture, and masks are traced from the logits instead.
 */
export function sam1Contract(
  { image, points, labels, mask, hasMask, size, logits, scores, maskGrid }: z.output<typeof sam1Decoder>,
  { size: side }: Pick<Preprocess, "size">,
): DecoderContract {
  return {
    maskGrid,
    embedding: [{ name: image }],
    tokens: { side, pad: "caller", box: "corners", axes: 1, labels: "float32" },
    inputs: { points, labels, mask, hasMask },
    constants: [{ name: size, type: "float32", dims: [2], values: [1, 1] }],
    outputs: { logits, scores, single: 0 },
  };
}

/**
 * Segment Anything as Meta exports it (`scripts/export_onnx_model.py` of facebookresearch/segment-anything), and what was
 * distilled from it behind the same decoder (MobileSAM). The encoder takes the normalised frame.
 */
export const sam1: SegmenterFamily<"sam1", typeof tensors> = {
  name: "sam1",
  capabilities: { points: "all", boxes: true, maskInput: true, candidates: 3, text: false, video: false },
  preprocess: samPreprocess,
  tensors,
  contracts({ encoder: { input, output, dims }, decoder }, preprocess) {
    return {
      encoder: { input, layout: "planes", takes: "frame", outputs: [{ name: output, role: "image", dims }] },
      decoder: sam1Contract(decoder, preprocess),
    };
  },
};
