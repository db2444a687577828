/** ONNX Runtime's execution providers that a model may run on, where the runtime at hand has them. */
export const providers = ["cpu", "cuda", "tensorrt", "webgpu", "dml", "coreml", "openvino"] as const;
export type Provider = (typeof providers)[number];
