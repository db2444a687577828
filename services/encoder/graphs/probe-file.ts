import { weightsOf } from "../../inference/families/weights-of.js";
import type { ModelSpec } from "../../inference/models/manifest.js";
import { imageTensor } from "../../inference/models/model-tensors.js";
import { inThread } from "../../inference/onnx/in-thread.js";
import { provenFiles } from "../../inference/onnx/proven-files.js";
import { wholeFrame } from "../images/encoded-frame.js";
import { inputDims } from "../worker/encoder-tensors.js";
import type { ProbeMaking } from "./encoder-runtime.js";
import { encoderTerms } from "./encoder-terms.js";

/** Bumped when the probe is another one. */
const probeVersion = 1;

/**
 * The embedding of the probe by a model's own weights on this machine's processor, from the cache or made now: a file of
 * float32. What another machine serves under the model's name is held against it.
 */
export async function probeFile(
  model: ModelSpec,
  stockPath: string,
  cacheDir: string,
  threads: number,
): Promise<string | undefined> {
  const { encoder } = model;
  const frame = wholeFrame(model);
  const output = encoder.outputs[imageTensor(model).index]!.name;
  const making: ProbeMaking = {
    stockPath,
    threads,
    input: encoder.input,
    output,
    dims: inputDims(encoder, frame),
    frame,
  };
  const made = await provenFiles({
    cacheDir,
    name: `probe-${model.id}`,
    madeOf: [weightsOf(model, "encoder"), probeVersion, encoderTerms(model)],
    files: { values: "probe.f32" },
    make: async () => {
      const values = await inThread<Uint8Array>(new URL("./probe-worker.js", import.meta.url), making);
      return { kind: "rewritten", files: { values }, parity: {} };
    },
  });
  return made.kind === "rewritten" ? made.paths.values : undefined;
}
