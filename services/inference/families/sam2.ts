import { z } from "zod";
import type { EncoderContract } from "./model-spec.js";
import { sam2Preprocess } from "./sam-preprocess.js";
import type { SegmenterFamily } from "./segmenter-family.js";

/** SAM 2's features at three scales: their side is the frame's over 4, 8 and 16. @param cells of the coarsest, along a side. */
export function pyramid(names: { quarter: string; eighth: string; image: string }, cells: number) {
  return {
    quarter: { name: names.quarter, dims: [1, 32, 4 * cells, 4 * cells] },
    eighth: { name: names.eighth, dims: [1, 64, 2 * cells, 2 * cells] },
    image: { name: names.image, role: "image", dims: [1, 256, cells, cells] },
  } satisfies Record<string, EncoderContract["outputs"][number]>;
}

/** Pixels of the frame's side that are one of the coarsest cells. */
export const sam2Cell = 16;

const tensors = z
  .strictObject({
    encoder: z
      .strictObject({
        input: z.string().default("image"),
        quarter: z.string().default("high_res_feats_0"),
        eighth: z.string().default("high_res_feats_1"),
        output: z.string().default("image_embed"),
      })
      .prefault({}),
    decoder: z
      .strictObject({
        image: z.string().default("image_embed"),
        quarter: z.string().default("high_res_feats_0"),
        eighth: z.string().default("high_res_feats_1"),
        points: z.string().default("point_coords"),
        labels: z.string().default("point_labels"),
        mask: z.string().default("mask_input"),
        hasMask: z.string().default("has_mask_input"),
        logits: z.string().default("masks"),
        scores: z.string().default("iou_predictions"),
      })
      .prefault({}),
  })
  .prefault({});

/**
 * SAM 2 and 2.1 for pictures as samexporter makes them (`samexporter/export_sam2.py` of vietanhdev/samexporter). The picture is
 * stretched to the frame; features at three scales. The graph appends the pad itself, behind a box too, and gives three
 * candidates without the mask of several prompts, on a grid of a quarter of the frame.
 */
export const sam2: SegmenterFamily<"sam2", typeof tensors> = {
  name: "sam2",
  capabilities: { points: "all", boxes: true, maskInput: true, candidates: 3, text: false, video: false },
  preprocess: sam2Preprocess,
  tensors,
  mayRemember: true,
  contracts({ encoder, decoder }, { size: side }) {
    const cells = side / sam2Cell;
    const { quarter, eighth, image } = pyramid({ ...encoder, image: encoder.output }, cells);
    return {
      encoder: { input: encoder.input, layout: "planes", takes: "frame", outputs: [quarter, eighth, image] },
      decoder: {
        maskGrid: 4 * cells,
        embedding: [{ name: decoder.quarter }, { name: decoder.eighth }, { name: decoder.image }],
        tokens: { side, pad: "graph", box: "corners", axes: 1, labels: "float32" },
        inputs: { points: decoder.points, labels: decoder.labels, mask: decoder.mask, hasMask: decoder.hasMask },
        outputs: { logits: decoder.logits, scores: decoder.scores },
      },
    };
  },
};
