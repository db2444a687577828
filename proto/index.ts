/** The one door to the generated contract: every message, enum and service of `maskwire.v1`. */

import "./text-encoding.js";

export * from "./coco-polygons.js";
export * from "./crop-boxes.js";
export * from "./everything-points.js";
export * from "./gen/maskwire/v1/box_pb.js";
export * from "./gen/maskwire/v1/dataset_job_pb.js";
export * from "./gen/maskwire/v1/dataset_object_pb.js";
export * from "./gen/maskwire/v1/dataset_pb.js";
export * from "./gen/maskwire/v1/dataset_picture_pb.js";
export * from "./gen/maskwire/v1/dataset_review_pb.js";
export * from "./gen/maskwire/v1/dataset_sequence_pb.js";
export * from "./gen/maskwire/v1/decoder_pb.js";
export * from "./gen/maskwire/v1/detail_pb.js";
export * from "./gen/maskwire/v1/encoder_pb.js";
export * from "./gen/maskwire/v1/error_pb.js";
export * from "./gen/maskwire/v1/everything_pb.js";
export * from "./gen/maskwire/v1/grounding_pb.js";
export * from "./gen/maskwire/v1/image_pb.js";
export * from "./gen/maskwire/v1/mask_pb.js";
export * from "./gen/maskwire/v1/model_pb.js";
export * from "./gen/maskwire/v1/prompt_pb.js";
export * from "./gen/maskwire/v1/session_pb.js";
export * from "./gen/maskwire/v1/track_pb.js";
export * from "./half-float.js";
export * from "./label-studio-rle.js";
export * from "./limits.js";
export * from "./rle.js";
export * from "./rle-bitmap.js";
export * from "./rle-combine.js";
export * from "./rle-outlines.js";
export * from "./rle-part.js";
export * from "./rle-polygons.js";
export * from "./rle-rings.js";
export * from "./rle-transposed.js";
export * from "./sa1b.js";
export * from "./wants-detail.js";
