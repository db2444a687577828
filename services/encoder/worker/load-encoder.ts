import { readFile } from "node:fs/promises";
import { Tensor } from "onnxruntime-node";
import { createSession } from "../../inference/models/create-session.js";
import type { ModelSpec } from "../../inference/models/manifest.js";
import { imageTensor } from "../../inference/models/model-tensors.js";
import type { Provider } from "../../inference/models/providers.js";
import type { EncoderFiles } from "../graphs/encoder-files.js";
import type { EncoderRuntime } from "../graphs/encoder-runtime.js";
import { cellSide, pictureFrame, type Sides, wholeFrame } from "../images/encoded-frame.js";
import { checkTensor } from "./check-tensor.js";
import { fillOutside } from "./fill-outside.js";

/** A model's encoder, ready to run. */
export interface LoadedEncoder {
  readonly provider: Provider;
  /** Why each provider before it could not start. */
  readonly skipped: string[];
  /** It runs on frames of any sides in whole cells, not on the whole one alone. */
  readonly takesFrames: boolean;
  /** How much of the frame is to be encoded of a picture that fills so much of it. */
  frameOf(content: Sides): Sides;
  /**
   * @param pixels float32, normalised, as `modelInput` makes them; of the whole frame, or of the part that a picture is in.
   * @returns the embedding's tensors as the manifest has them, float32; where it takes frames, of so much of it: of the image
   *   [1, channels, height / cell, width / cell].
   * @throws BadEmbeddingError for values that no picture gives.
   */
  run(pixels: Float32Array, frame: Sides): Promise<Float32Array[]>;
  /** What `run` gives -> the same over the whole frame, with the cells of an empty one outside of the picture's. */
  whole(tensors: Float32Array[], frame: Sides): Float32Array[];
  release(): Promise<void>;
}

/** @throws ProviderError when no provider can start. */
export async function loadEncoder(
  model: ModelSpec,
  files: EncoderFiles,
  runtime: EncoderRuntime,
): Promise<LoadedEncoder> {
  const path = files.kind === "stock" ? files.path : files.paths.graph;
  const { session, provider, skipped } = await createSession(path, {
    ...runtime,
    changesShape: files.kind !== "stock",
  });
  const { index, side } = imageTensor(model);
  const cell = cellSide(model);
  const cellsOf = ({ height, width }: Sides) => ({ rows: height / cell, columns: width / cell });
  const { input, layout, takes, outputs } = model.encoder;
  const isStock = files.kind === "stock";
  const run: LoadedEncoder["run"] = async (pixels, frame) => {
    const { height, width } = frame;
    const dims = layout === "planes" ? [1, 3, height, width] : [height, width, 3];
    const given = await session.run({ [input]: new Tensor("float32", pixels, dims) });
    return outputs.map(({ name, dims, kept }, at) => {
      const { rows, columns } = cellsOf(frame);
      const ofFrame = at === index && !isStock ? [...dims.slice(0, 2), rows, columns] : dims;
      const values = checkTensor(given[name], name, ofFrame);
      return kept
        ? values.subarray(
            0,
            kept.reduce((product, dim) => product * dim, 1),
          )
        : values;
    });
  };
  const loaded = { provider, skipped, run, release: () => session.release() };
  if (files.kind === "stock") {
    const frameOf = (content: Sides) => (takes === "picture" ? content : wholeFrame(model));
    return { ...loaded, takesFrames: false, frameOf, whole: (tensors) => tensors };
  }
  const empty = await readFloats(files.paths.empty);
  return {
    ...loaded,
    takesFrames: true,
    frameOf: (content) => (model.preprocess.frame === "full" ? wholeFrame(model) : pictureFrame(model, content)),
    // It has one tensor: others are not rewritten.
    whole: (tensors, frame) => tensors.map((cells) => fillOutside(cells, cellsOf(frame), empty, side)),
  };
}

async function readFloats(path: string): Promise<Float32Array> {
  const bytes = await readFile(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
