import webgpuGlue from "onnxruntime-web/ort-wasm-simd-threaded.jspi.mjs?url";
import webgpuBinary from "onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url";
import wasmGlue from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import wasmBinary from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import type { Backend } from "./routing.js";

/** Where the page has ONNX Runtime's compiled code. In the package, whose programs place it themselves, this file is another. */
export function runtimeFiles(backend: Backend): { mjs: string; wasm: string } | undefined {
  return backend === "webgpu"
    ? { mjs: absolute(webgpuGlue), wasm: absolute(webgpuBinary) }
    : { mjs: absolute(wasmGlue), wasm: absolute(wasmBinary) };
}

const absolute = (path: string) => new URL(path, location.href).href;
