/** ONNX Runtime's execution providers that a model may run on. */
export const providers = ["cpu", "cuda", "webgpu", "tensorrt"] as const;
export type Provider = (typeof providers)[number];
