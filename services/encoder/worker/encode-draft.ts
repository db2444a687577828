import type { ModelSpec } from "../../inference/models/manifest.js";
import { cellSide, pictureFrame, type Sides } from "../images/encoded-frame.js";
import { halve } from "../images/halve.js";
import type { Pixels } from "../images/open-picture.js";
import { normalise } from "../images/preprocess.js";
import { doubleCells } from "./double-cells.js";
import type { LoadedEncoder } from "./load-encoder.js";

/**
 * A coarse embedding of a picture in a fraction of the time: that of the picture at half its size in the frame, each cell of
 * which becomes four.
 * @param pixels the picture in the model's frame.
 * @param encoder of one tensor, which takes frames of any sides; the halved picture's is written to its memory.
 * @returns the embedding's tensors, float32, as `LoadedEncoder.whole` gives them.
 * @throws BadEmbeddingError for values that no picture gives.
 */
export async function encodeDraft(
  pixels: Pixels,
  model: Pick<ModelSpec, "preprocess" | "encoder">,
  encoder: Pick<LoadedEncoder, "run" | "whole"> & { memory: Float32Array },
): Promise<Float32Array[]> {
  const cell = cellSide(model);
  const cellsOf = ({ height, width }: Sides) => ({ rows: height / cell, columns: width / cell });
  const half = halve(pixels);
  const [frame, wanted] = [pictureFrame(model, half), pictureFrame(model, pixels)];
  const tensors = await encoder.run(normalise(half, model.preprocess, frame, encoder.memory), frame);
  const doubled = tensors.map((cells) => doubleCells(cells, cellsOf(frame), cellsOf(wanted)));
  return encoder.whole(doubled, wanted);
}
