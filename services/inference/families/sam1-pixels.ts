import { z } from "zod";
import { imageDims } from "./sam-preprocess.js";
import { sam1, sam1Contract, sam1Decoder } from "./sam1.js";
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
    decoder: sam1Decoder,
  })
  .prefault({});

/**
 * The same whose encoder normalises and pads by itself: samexporter's `--use-preprocess` (`samexporter/onnx_utils.py` of
 * vietanhdev/samexporter), also of MobileSAM. It takes float32 [height, width, 3] of 0 to 255, the longer side as long as the
 * frame's.
 */
export const sam1Pixels: SegmenterFamily<"sam1-pixels", typeof tensors> = {
  ...sam1,
  name: "sam1-pixels",
  preprocess: { ...sam1.preprocess, mean: [0, 0, 0], std: [1, 1, 1] },
  tensors,
  contracts({ encoder: { input, output, dims }, decoder }, preprocess) {
    return {
      encoder: { input, layout: "interleaved", takes: "picture", outputs: [{ name: output, role: "image", dims }] },
      decoder: sam1Contract(decoder, preprocess),
    };
  },
};
