import { createSession } from "../../inference/models/create-session.js";
import { floatsOf, floatTensor } from "../../inference/models/float-tensor.js";
import type { ModelSpec } from "../../inference/models/manifest.js";
import type { EncoderFiles } from "../graphs/encoder-files.js";
import type { EncoderProvider, EncoderRuntime } from "../graphs/encoder-runtime.js";
import type { Sides } from "../images/encoded-frame.js";
import { type EncoderFrames, encoderFrames } from "./encoder-frames.js";
import { embeddingOf, inputDims } from "./encoder-tensors.js";

/**
 * An encode is a thousand steps, many of them short: where its threads sleep between them, waking them is a twelfth of its time.
 * Longer gains next to nothing, and on cores that others use too it would cost them more.
 */
const spinUs = 50;

/** A model's encoder, ready to run. */
export interface LoadedEncoder extends EncoderFrames {
  readonly provider: EncoderProvider;
  /** Why each provider before it could not start. */
  readonly skipped: string[];
  /**
   * @param pixels float32, normalised, as `modelInput` makes them; of the whole frame, or of the part that a picture is in.
   * @param signal ends it where it runs elsewhere.
   * @returns the embedding's tensors as the manifest has them, float32; where it takes frames, of so much of it: of the image
   *   [1, channels, height / cell, width / cell].
   * @throws BadEmbeddingError for values that no picture gives.
   */
  run(pixels: Float32Array, frame: Sides, signal?: AbortSignal): Promise<Float32Array[]>;
  release(): Promise<void>;
}

/** @throws ProviderError when no provider can start. */
export async function loadEncoder(
  model: ModelSpec,
  files: EncoderFiles,
  runtime: EncoderRuntime,
): Promise<LoadedEncoder> {
  const takesFrames = files.kind !== "stock";
  const path = takesFrames ? files.paths.graph : files.path;
  const { input, takes } = model.encoder;
  const { session, inputTypes, provider, skipped } = await createSession(path, {
    ...runtime,
    spinUs,
    changesShape: takesFrames || takes === "picture",
  });
  const frames = await encoderFrames(model, files, { takesFrames, isCoarse: provider !== "cpu" }).catch(
    async (error) => {
      await session.release();
      throw error;
    },
  );
  return {
    ...frames,
    provider,
    skipped,
    run: async (pixels, frame) => {
      const tensor = floatTensor(pixels, inputDims(model.encoder, frame), inputTypes[input] ?? "float32");
      const results = await session.run({ [input]: tensor });
      const given = (name: string) => {
        const values = floatsOf(results[name]);
        return values && { dims: results[name]!.dims, values };
      };
      return embeddingOf(model, given, takesFrames ? frame : undefined);
    },
    release: () => session.release(),
  };
}
