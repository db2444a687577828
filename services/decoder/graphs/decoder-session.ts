import type { InferenceSession } from "onnxruntime-node";
import { runtimeOptions } from "../../inference/models/create-session.js";

/**
 * A decode is two hundred short steps: where its threads sleep between them, waking them is a tenth of its time. So long they
 * stay awake instead: longer gains nothing, and on cores that others use too it costs more than it saves.
 */
export const spinUs = 50;

/** How the rewritten graphs are run; the heavier fusions are slower on them. */
export function decoderSession(threads: number): InferenceSession.SessionOptions {
  return runtimeOptions({ threads, optimization: "basic", spinUs });
}
