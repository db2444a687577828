/** The one door to the Open Inference Protocol's messages; apart from `index.ts`, because only encoders ask model servers. */
export * from "./gen/inference/inference_service_pb.js";
