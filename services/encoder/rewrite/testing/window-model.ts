import { createHash } from "node:crypto";
import { Manifest, type ModelSpec } from "../../../inference/models/manifest.js";
import { windowEncoder, windowEncoderGraph } from "./window-encoder.js";

/** The stock graph of the model below, for its whole frame. */
export const windowModelGraph = windowEncoderGraph(windowEncoder.size, windowEncoder.size);

/** A model around the window encoder; its decoder is another's, and never run. */
export function windowModel(): ModelSpec {
  const shipped = Manifest.read();
  const { encoder, preprocess, ...model } = shipped.get(shipped.defaultId);
  const { input, output, size, grid } = windowEncoder;
  return {
    ...model,
    id: "windows",
    encoder: {
      ...encoder,
      sha256: createHash("sha256").update(windowModelGraph).digest("hex"),
      input,
      outputs: [{ name: output, role: "image", dims: [1, 8, grid, grid] }],
    },
    preprocess: { ...preprocess, size, frames: ["full", "picture"] },
  };
}
