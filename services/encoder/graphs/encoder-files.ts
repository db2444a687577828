import { weightsOf } from "../../inference/families/weights-of.js";
import type { ModelSpec } from "../../inference/models/manifest.js";
import { imageTensor } from "../../inference/models/model-tensors.js";
import { inThread } from "../../inference/onnx/in-thread.js";
import { provenFiles } from "../../inference/onnx/proven-files.js";
import type { EncoderReport, OptimisedEncoder } from "../rewrite/optimise-encoder.js";
import type { EncoderMaking, EncoderRuntime } from "./encoder-runtime.js";
import { encoderTerms } from "./encoder-terms.js";

/** Bumped when the rewriter makes another graph of the same weights. */
const rewriterVersion = 3;

const files = { graph: "encoder.onnx", empty: "empty.f32" } as const;
type Part = keyof typeof files;

/**
 * Where an encoder's graph lies: one of any frame, with the embedding of an empty frame (float32 [channels, grid, grid], little
 * endian), or the stock one and why.
 */
export type EncoderFiles =
  | { kind: "rewritten"; paths: Record<Part, string>; parity: EncoderReport }
  | { kind: "stock"; path: string; reason: string };

/**
 * The rewritten graph of an encoder, from the cache or made now; the stock graph where it cannot be rewritten.
 * @param stockPath the verified export.
 * @param cacheDir a folder for the graphs; made when missing.
 * @param runtime what it is proven with, and is to be served with.
 * @param options `again`: made and proven anew, whatever the cache holds. `onMaking`: told when it is not in the cache.
 */
export async function encoderFiles(
  model: ModelSpec,
  stockPath: string,
  cacheDir: string,
  runtime: EncoderRuntime,
  options: { again?: boolean; onMaking?: () => void } = {},
): Promise<EncoderFiles> {
  const asItIs = (reason: string): EncoderFiles => ({ kind: "stock", path: stockPath, reason });
  const { encoder, preprocess } = model;
  if (!preprocess.frames.includes("picture")) return asItIs("the manifest names no frame of it but the full one");
  if (encoder.outputs.length !== 1) return asItIs("it has more outputs than the rewriter knows");
  // It would build an engine for each frame's sides, which takes minutes.
  if (runtime.providers[0] === "tensorrt") return asItIs("TensorRT takes graphs of fixed sides");
  const { side } = imageTensor(model);
  const making: EncoderMaking = {
    ...runtime,
    stockPath,
    encoder: { input: encoder.input, output: encoder.outputs[0]!.name, size: preprocess.size, grid: side },
  };
  const made = await provenFiles<Part, EncoderReport>({
    cacheDir,
    name: `encoder-${model.id}`,
    madeOf: [weightsOf(model, "encoder"), rewriterVersion, runtime.providers, encoderTerms(model)],
    files,
    make: async () => {
      const optimised = await inThread<OptimisedEncoder>(new URL("./optimise-worker.js", import.meta.url), making);
      if (optimised.kind === "stock") return optimised;
      const { graph, empty, parity } = optimised;
      return { kind: "rewritten", files: { graph, empty: bytesOf(empty) }, parity };
    },
    ...options,
  });
  return made.kind === "stock" ? asItIs(made.reason) : made;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => new Uint8Array(buffer, byteOffset, byteLength);
