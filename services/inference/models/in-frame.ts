import type { EncoderFrame, ModelSpec } from "./manifest.js";

/** A model whose encoder encodes this frame; the full one where it cannot. */
export function inFrame(model: ModelSpec, wanted: EncoderFrame): ModelSpec {
  const { preprocess } = model;
  const frame = preprocess.frames.includes(wanted) ? wanted : "full";
  return { ...model, preprocess: { ...preprocess, frame } };
}
