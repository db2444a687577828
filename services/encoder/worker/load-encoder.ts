import { readFile } from "node:fs/promises";
import { Tensor } from "onnxruntime-node";
import { createSession } from "../../inference/models/create-session.js";
import type { ModelSpec } from "../../inference/models/manifest.js";
import { embeddingTensors, imageTensor } from "../../inference/models/model-tensors.js";
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
   * @param planes float32 [3, height, width], normalised; of the whole frame, or of the part that a picture is in.
   * @returns the embedding's tensors as the manifest has them, float32, of so much of the frame: of the image
   *   [1, channels, height / cell, width / cell].
   * @throws BadEmbeddingError for values that no picture gives.
   */
  run(planes: Float32Array, frame: Sides): Promise<Float32Array[]>;
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
  const run: LoadedEncoder["run"] = async (planes, frame) => {
    const { height, width } = frame;
    const outputs = await session.run({ [model.encoder.input]: new Tensor("float32", planes, [1, 3, height, width]) });
    const { rows, columns } = cellsOf(frame);
    return embeddingTensors(model).map(({ name, dims }, at) => {
      return checkTensor(outputs[name], name, at === index ? [...dims.slice(0, 2), rows, columns] : dims);
    });
  };
  const loaded = { provider, skipped, run, release: () => session.release() };
  if (files.kind === "stock") {
    return { ...loaded, takesFrames: false, frameOf: () => wholeFrame(model), whole: (tensors) => tensors };
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
