import { inThread } from "../../inference/onnx/in-thread.js";
import type { EncoderRuntime } from "./encoder-runtime.js";

/** Starts the providers with a graph that does nothing. @throws ProviderError when none of them can start on this machine. */
export async function tryProvider(runtime: EncoderRuntime): Promise<void> {
  // An accelerator's libraries take a second to load.
  await inThread<true>(new URL("./try-worker.js", import.meta.url), runtime);
}
