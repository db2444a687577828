import { weightsOf } from "../../inference/families/weights-of.js";
import type { ModelSpec } from "../../inference/models/manifest.js";
import { inThread } from "../../inference/onnx/in-thread.js";
import { provenFiles } from "../../inference/onnx/proven-files.js";
import type { ParityReport } from "../rewrite/check-parity.js";
import { isRewritable } from "../rewrite/is-rewritable.js";
import type { OptimisedDecoder } from "../rewrite/optimise-decoder.js";

/** Bumped when the rewriter makes other graphs of the same weights. */
const rewriterVersion = 3;

const files = { prefix: "prefix.onnx", step: "step.onnx", stepWithMask: "stepWithMask.onnx" } as const;
export type Part = keyof typeof files;

/** Where a decoder's graphs lie, and why it is the stock one if it is. */
export type DecoderFiles =
  | { kind: "rewritten"; paths: Record<Part, string>; digests: Record<Part, string>; parity: ParityReport }
  | { kind: "stock"; path: string; reason: string };

/**
 * The rewritten graphs of a decoder, from the cache or made now; the stock graph where it cannot be rewritten.
 * @param stockPath the verified export.
 * @param cacheDir a folder for the graphs; made when missing.
 * @param options `again`: made and proven anew, whatever the cache holds. `onMaking`: told when it is not in the cache.
 */
export async function decoderFiles(
  model: ModelSpec,
  stockPath: string,
  cacheDir: string,
  options: { again?: boolean; onMaking?: () => void } = {},
): Promise<DecoderFiles> {
  if (!isRewritable(model.decoder)) {
    return { kind: "stock", path: stockPath, reason: "its interface is none that the rewriter knows" };
  }
  const made = await provenFiles<Part, ParityReport>({
    cacheDir,
    name: `decoder-${model.id}`,
    madeOf: [weightsOf(model, "decoder"), rewriterVersion],
    files,
    make: async () => {
      const optimised = await optimiseInThread(stockPath);
      return optimised.kind === "stock" ? optimised : { ...optimised, files: optimised.graphs };
    },
    ...options,
  });
  return made.kind === "stock" ? { ...made, path: stockPath } : made;
}

/** Rewriting and proving take a second or two. */
const optimiseInThread = (stockPath: string) =>
  inThread<OptimisedDecoder>(new URL("./optimise-worker.js", import.meta.url), { stockPath });
