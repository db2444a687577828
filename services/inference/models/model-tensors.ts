import type { TensorInfo } from "../../sam/embedding-record.js";
import { type Frame, promptFrame } from "../../sam/frame.js";
import type { ModelSpec } from "./manifest.js";

/** The tensors of a model's embeddings, as their records name them, in the order in which the encoder gives them. */
export function embeddingTensors({ encoder }: Pick<ModelSpec, "encoder">): TensorInfo[] {
  return encoder.outputs.map(({ name, dims, kept }) => ({ name, dims: kept ?? dims }));
}

/** The one of them that holds the picture's features. */
interface ImageTensor {
  /** Its place among them. */
  index: number;
  /** float32 [1, channels, side, side] over the model's frame. */
  dims: number[];
  side: number;
}

export function imageTensor({ encoder }: Pick<ModelSpec, "encoder">): ImageTensor {
  const index = encoder.outputs.findIndex(({ role }) => role === "image");
  // The manifest is checked: it has one, and its sides are the same.
  const { dims } = encoder.outputs[index] as ModelSpec["encoder"]["outputs"][number];
  return { index, dims, side: dims.at(-1) as number };
}

/** Where a picture, or the part of one that was encoded, lies in a model's frame and on its grid of logits. */
export function modelFrame(
  { preprocess: { resize }, decoder: { maskGrid, tokens } }: Pick<ModelSpec, "preprocess" | "decoder">,
  picture: { width: number; height: number },
): Frame {
  return promptFrame(picture, { side: tokens.side, maskGrid, resize });
}
