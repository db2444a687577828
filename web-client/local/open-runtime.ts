import type * as Ort from "onnxruntime-web";
import type { Runtime } from "./engine.js";
import type { Backend } from "./routing.js";
import { runtimeFiles } from "./runtime-files.js";

/** Where there is a graphics card it is faster by far. */
export async function backendHere(): Promise<Backend> {
  return (await hasGraphicsCard()) ? "webgpu" : "wasm";
}

/** A card of its own, not the processor in its place; and a browser that lets compiled code wait for it. */
async function hasGraphicsCard(): Promise<boolean> {
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<Adapter | null> } };
  if (gpu === undefined || !("Suspending" in WebAssembly)) return false;
  const adapter = await gpu.requestAdapter().catch(() => null);
  return adapter !== null && adapter.info?.isFallbackAdapter !== true;
}

interface Adapter {
  readonly info?: { readonly isFallbackAdapter?: boolean };
}

/** Loads ONNX Runtime: its compiled code, from where the page is from. */
export async function openRuntime(backend: Backend): Promise<Runtime> {
  const ort: typeof Ort =
    backend === "webgpu" ? await import("onnxruntime-web/jspi") : await import("onnxruntime-web/wasm");
  // The heavier fusions are slower on these graphs.
  const common = { executionProviders: [backend], graphOptimizationLevel: "basic" } as const;
  const onCard = { ...common, preferredOutputLocation: "gpu-buffer" } as const;
  const files = runtimeFiles(backend);
  if (files !== undefined) ort.env.wasm.wasmPaths = files;
  ort.env.logLevel = "error";
  return {
    backend,
    Tensor: ort.Tensor,
    createSession: (graph, keepsOutputs) =>
      ort.InferenceSession.create(graph, backend === "webgpu" && keepsOutputs ? onCard : common),
  };
}
