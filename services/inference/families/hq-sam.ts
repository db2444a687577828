import { z } from "zod";
import { imageDims } from "./sam-preprocess.js";
import { sam1, sam1Contract, sam1Decoder } from "./sam1.js";
import type { SegmenterFamily } from "./segmenter-family.js";

const layerDims = z
  .array(z.number().int().positive())
  .min(4)
  .max(5)
  .describe("Of the early features: [layers, 1, side, side, channels], or one layer's [1, side, side, channels].");

const tensors = z.strictObject({
  encoder: z.strictObject({
    input: z.string(),
    output: z.string().default("image_embeddings"),
    dims: imageDims.prefault([1, 256, 64, 64]),
    early: z.string().default("interm_embeddings").describe("The output with the early features."),
    earlyDims: layerDims.prefault([4, 1, 64, 64, 768]),
  }),
  decoder: sam1Decoder
    .unwrap()
    .extend({
      early: z.string().default("interm_embeddings"),
      earlyDims: layerDims.prefault([4, 1, 64, 64, 768]),
    })
    .prefault({}),
});

/**
 * HQ-SAM and Light HQ-SAM (`scripts/export_onnx_model.py` of SysCV/sam-hq): Meta's decoder with a second tensor, the early
 * features of the encoder's blocks, channels last. It reads the first block's alone, so that alone is kept: the graph gets
 * zeros in the place of the others. One mask, SAM's with what makes it finer.
 */
export const hqSam: SegmenterFamily<"hq-sam", typeof tensors> = {
  name: "hq-sam",
  capabilities: { ...sam1.capabilities, candidates: 1 },
  preprocess: sam1.preprocess,
  tensors,
  contracts({ encoder: { input, output, dims, early, earlyDims }, decoder }, preprocess) {
    const contract = sam1Contract(decoder, preprocess);
    return {
      encoder: {
        input,
        layout: "planes",
        takes: "frame",
        outputs: [
          { name: output, role: "image", dims },
          { name: early, dims: earlyDims, kept: [1, ...earlyDims.slice(1)] },
        ],
      },
      decoder: { ...contract, embedding: [...contract.embedding, { name: decoder.early, dims: decoder.earlyDims }] },
    };
  },
};
