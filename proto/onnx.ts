/** The one door to ONNX's messages; apart from `index.ts`, because only what rewrites models needs them. */
export * from "./gen/onnx/onnx_pb.js";
