import { z } from "zod";
import { imageDims } from "./sam-preprocess.js";
import type { SegmenterFamily } from "./segmenter-family.js";

const tensors = z
  .strictObject({
    encoder: z
      .strictObject({
        input: z.string().default("batched_images"),
        output: z.string().default("image_embeddings"),
        dims: imageDims.prefault([1, 256, 64, 64]),
      })
      .prefault({}),
    decoder: z
      .strictObject({
        image: z.string().default("image_embeddings"),
        points: z.string().default("batched_point_coords"),
        labels: z.string().default("batched_point_labels"),
        size: z.string().default("orig_im_size"),
        logits: z.string().default("output_masks"),
        scores: z.string().default("iou_predictions"),
        maskGrid: z.number().int().min(2).default(256),
      })
      .prefault({}),
  })
  .prefault({});

/**
 * EfficientSAM (`export_to_onnx.py` of yformer/EfficientSAM), encoder and decoder apart. The encoder stretches what it is given
 * to its frame and normalises it: it is given the frame, 0 to 1. The decoder takes points in pixels of the picture whose size
 * it is told, and resizes its masks to that size: it is told that of its own grid, so that points are the grid's pixels and
 * the masks come as they are. No embedding is there for a point beside the object (label 0), and points after the sixth are
 * cut off; it fills up with pads itself. Three candidates, no mask input.
 */
export const efficientsam: SegmenterFamily<"efficientsam", typeof tensors> = {
  name: "efficientsam",
  capabilities: {
    points: "positive",
    boxes: true,
    maskInput: false,
    candidates: 3,
    maxPoints: 6,
    text: false,
    video: false,
  },
  preprocess: { size: 1024, resize: "stretch", mean: [0, 0, 0], std: [255, 255, 255] },
  tensors,
  contracts({ encoder: { input, output, dims }, decoder: { image, points, labels, size, logits, scores, maskGrid } }) {
    return {
      encoder: { input, layout: "planes", takes: "frame", outputs: [{ name: output, role: "image", dims }] },
      decoder: {
        maskGrid,
        embedding: [{ name: image }],
        tokens: { side: maskGrid, pad: "graph", box: "corners", axes: 2, labels: "float32" },
        inputs: { points, labels },
        constants: [{ name: size, type: "int64", dims: [2], values: [maskGrid, maskGrid] }],
        outputs: { logits, scores },
      },
    };
  },
};
