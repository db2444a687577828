import { z } from "zod";
import { pyramid, sam2, sam2Cell } from "./sam2.js";
import type { SegmenterFamily } from "./segmenter-family.js";

const tensors = z
  .strictObject({
    encoder: z
      .strictObject({
        input: z.string().default("input"),
        output: z.string().default("image_embeddings"),
        quarter: z.string().default("high_res_features1"),
        eighth: z.string().default("high_res_features2"),
      })
      .prefault({}),
    decoder: z
      .strictObject({
        image: z.string().default("image_embeddings"),
        quarter: z.string().default("high_res_features1"),
        eighth: z.string().default("high_res_features2"),
        points: z.string().default("point_coords"),
        labels: z.string().default("point_labels"),
        mask: z.string().default("mask_input"),
        hasMask: z.string().default("has_mask_input"),
        size: z.string().default("orig_im_size"),
        sizeType: z.enum(["int32", "int64"]).default("int64"),
        logits: z.string().default("masks"),
        scores: z.string().default("iou_predictions"),
      })
      .prefault({}),
  })
  .prefault({});

/**
 * SAM 2 and 2.1 for pictures whose decoder resizes its masks to a size that it is told: the exports that wkentaro/osam
 * publishes, and those before samexporter's. It is told the size of its own grid, so that they come as they are.
 */
export const sam2Sized: SegmenterFamily<"sam2-sized", typeof tensors> = {
  ...sam2,
  name: "sam2-sized",
  tensors,
  contracts({ encoder, decoder }, { size: side }) {
    const cells = side / sam2Cell;
    const maskGrid = 4 * cells;
    const { quarter, eighth, image } = pyramid({ ...encoder, image: encoder.output }, cells);
    return {
      encoder: { input: encoder.input, layout: "planes", takes: "frame", outputs: [image, quarter, eighth] },
      decoder: {
        maskGrid,
        embedding: [{ name: decoder.image }, { name: decoder.quarter }, { name: decoder.eighth }],
        tokens: { side, pad: "graph", box: "corners", axes: 1, labels: "float32" },
        inputs: { points: decoder.points, labels: decoder.labels, mask: decoder.mask, hasMask: decoder.hasMask },
        constants: [{ name: decoder.size, type: decoder.sizeType, dims: [2], values: [maskGrid, maskGrid] }],
        outputs: { logits: decoder.logits, scores: decoder.scores },
      },
    };
  },
};
