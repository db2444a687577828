import { z } from "zod";
import { imageDims, samPreprocess } from "./sam-preprocess.js";
import type { SegmenterFamily } from "./segmenter-family.js";

const tensors = z
  .strictObject({
    encoder: z
      .strictObject({
        input: z.string().default("pixel_values"),
        output: z.string().default("image_embeddings"),
        positions: z.string().default("image_positional_embeddings"),
        dims: imageDims.prefault([1, 256, 64, 64]).describe("Of both outputs."),
      })
      .prefault({}),
    decoder: z
      .strictObject({
        image: z.string().default("image_embeddings"),
        positions: z.string().default("image_positional_embeddings"),
        points: z.string().default("input_points"),
        labels: z.string().default("input_labels"),
        logits: z.string().default("pred_masks"),
        scores: z.string().default("iou_scores"),
        maskGrid: z.number().int().min(2).default(256),
      })
      .prefault({}),
  })
  .prefault({});

/**
 * Segment Anything as Optimum exports it for transformers.js (`SamOnnxConfig` of huggingface/optimum-onnx, variant "split"):
 * ViT-B, -L and -H, SlimSAM. Points with an axis of prompts before them and whole labels; the graph appends the pad itself.
 * Three candidates and no mask of several prompts; it has inputs neither for boxes nor for a mask.
 */
export const sam1Split: SegmenterFamily<"sam1-split", typeof tensors> = {
  name: "sam1-split",
  capabilities: { points: "all", boxes: false, maskInput: false, candidates: 3, text: false, video: false },
  preprocess: samPreprocess,
  tensors,
  contracts({ encoder, decoder }, { size: side }) {
    const { dims } = encoder;
    return {
      encoder: {
        input: encoder.input,
        layout: "planes",
        takes: "frame",
        outputs: [
          { name: encoder.output, role: "image", dims },
          { name: encoder.positions, dims },
        ],
      },
      decoder: {
        maskGrid: decoder.maskGrid,
        embedding: [{ name: decoder.image }, { name: decoder.positions }],
        tokens: { side, pad: "graph", box: "corners", axes: 2, labels: "int64" },
        inputs: { points: decoder.points, labels: decoder.labels },
        outputs: { logits: decoder.logits, scores: decoder.scores },
      },
    };
  },
};
