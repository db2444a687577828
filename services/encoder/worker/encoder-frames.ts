import { readFile } from "node:fs/promises";
import type { ModelSpec } from "../../inference/models/manifest.js";
import { imageTensor } from "../../inference/models/model-tensors.js";
import type { EncoderFiles } from "../graphs/encoder-files.js";
import { cellSide, pictureFrame, type Sides, wholeFrame } from "../images/encoded-frame.js";
import { fillOutside } from "./fill-outside.js";

/** How much of the model's frame is encoded of a picture, and what the rest of the embedding is then. */
export interface EncoderFrames {
  /** It runs on frames of any sides in whole cells, not on the whole one alone. */
  readonly takesFrames: boolean;
  /** How much of the frame is to be encoded of a picture that fills so much of it. */
  frameOf(content: Sides): Sides;
  /** The embedding's tensors of such a frame -> the same over the whole frame, with the cells of an empty one outside of it. */
  whole(tensors: Float32Array[], frame: Sides): Float32Array[];
}

/** Of the frame's side, where each size of frame has a price of its own. */
const coarseSteps = 4;

/**
 * @param options `takesFrames`: whether what runs the graph takes other frames than the whole one. `isCoarse`: frames are few
 *   and known beforehand: runtimes of accelerators look for the fastest algorithm at the first picture of each size, and servers
 *   put pictures of one size only into a batch.
 */
export async function encoderFrames(
  model: ModelSpec,
  files: EncoderFiles,
  { takesFrames, isCoarse }: { takesFrames: boolean; isCoarse: boolean },
): Promise<EncoderFrames> {
  if (files.kind === "stock" || !takesFrames) {
    const frameOf = (content: Sides) => (model.encoder.takes === "picture" ? content : wholeFrame(model));
    return { takesFrames: false, frameOf, whole: (tensors) => tensors };
  }
  const empty = await readFloats(files.paths.empty);
  const { side } = imageTensor(model);
  const cell = cellSide(model);
  const step = isCoarse ? model.preprocess.size / coarseSteps : cell;
  const coarse = (length: number) => Math.min(model.preprocess.size, step * Math.ceil(length / step));
  return {
    takesFrames: true,
    frameOf: (content) => {
      if (model.preprocess.frame === "full") return wholeFrame(model);
      const { width, height } = pictureFrame(model, content);
      return { width: coarse(width), height: coarse(height) };
    },
    // It has one tensor: others are not rewritten.
    whole: (tensors, { width, height }) =>
      tensors.map((cells) => fillOutside(cells, { rows: height / cell, columns: width / cell }, empty, side)),
  };
}

/** All the frames that pictures have where they are coarse, the whole one first. */
export function coarseFrames({ preprocess: { size } }: Pick<ModelSpec, "preprocess">): Sides[] {
  const sides = Array.from({ length: coarseSteps }, (_, at) => (size * (coarseSteps - at)) / coarseSteps);
  return [
    ...sides.map((height) => ({ width: size, height })),
    ...sides.slice(1).map((width) => ({ width, height: size })),
  ];
}

async function readFloats(path: string): Promise<Float32Array> {
  const bytes = await readFile(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
