import { z } from "zod";
import type { Preprocess } from "./model-spec.js";

type Rules = Pick<Preprocess, "size" | "resize" | "mean" | "std">;

/** ImageNet's, on 0 to 255: nearly all encoders were trained with it. */
const imageNet = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] } satisfies Partial<Rules>;

/** SAM's: the longer side fills the frame. */
export const samPreprocess: Rules = { size: 1024, resize: "letterbox", ...imageNet };

/** SAM 2's: both sides fill it. */
export const sam2Preprocess: Rules = { size: 1024, resize: "stretch", ...imageNet };

/** Of features over the whole frame. */
export const imageDims = z
  .tuple([z.literal(1), z.number().int().positive(), z.number().int().positive(), z.number().int().positive()])
  .refine(([, , height, width]) => height === width, "[1, channels, side, side]");
