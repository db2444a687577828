import { z } from "zod";
import { imageDims, samPreprocess } from "./sam-preprocess.js";
import type { SegmenterFamily } from "./segmenter-family.js";

const tensors = z
  .strictObject({
    encoder: z
      .strictObject({
        input: z.string().default("input_image"),
        output: z.string().default("image_embeddings"),
        dims: imageDims.prefault([1, 256, 64, 64]),
      })
      .prefault({}),
    decoder: z
      .strictObject({
        image: z.string().default("image_embeddings"),
        points: z.string().default("point_coords"),
        labels: z.string().default("point_labels"),
        logits: z.string().default("masks"),
        scores: z.string().default("iou_predictions"),
        side: z.number().int().positive().default(1024).describe("Of the frame that points are pixels of."),
        maskGrid: z.number().int().min(2).default(256),
      })
      .prefault({}),
  })
  .prefault({});

/**
 * EfficientViT-SAM (`applications/efficientvit_sam/deployment/onnx` of mit-han-lab/efficientvit). Its encoders take frames of 512
 * (L0, L1, L2) or 1024 pixels (XL0, XL1), all decoders points and masks of one of 1024. No pad is appended; the mask of
 * several prompts comes first, then three candidates. No mask input.
 */
export const efficientvitSam: SegmenterFamily<"efficientvit-sam", typeof tensors> = {
  name: "efficientvit-sam",
  capabilities: { points: "all", boxes: true, maskInput: false, candidates: 3, text: false, video: false },
  preprocess: { ...samPreprocess, size: 512 },
  tensors,
  contracts({ encoder: { input, output, dims }, decoder: { image, points, labels, logits, scores, side, maskGrid } }) {
    return {
      encoder: { input, layout: "planes", takes: "frame", outputs: [{ name: output, role: "image", dims }] },
      decoder: {
        maskGrid,
        embedding: [{ name: image }],
        tokens: { side, pad: "caller", box: "corners", axes: 1, labels: "float32" },
        inputs: { points, labels },
        outputs: { logits, scores, single: 0 },
      },
    };
  },
};
