import { encodeHalf } from "../../proto/half-float.js";
import { weightsOf } from "../../services/inference/families/weights-of.js";
import { type EmbeddingRef, embeddingRef } from "../../services/inference/models/embedding-ref.js";
import type { ModelSpec } from "../../services/inference/models/manifest.js";
import { embeddingTensors } from "../../services/inference/models/model-tensors.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { encodeEmbeddingRecord } from "../../services/stores/embedding-record.js";

/**
 * A whole, valid embedding of a picture that never was: where many pictures matter and their masks do not.
 * @param seed another picture each.
 */
export function madeEmbedding(seed: number, model: ModelSpec): { ref: EmbeddingRef; record: Uint8Array } {
  const imageId = imageIdOf(new TextEncoder().encode(`picture ${seed}`));
  const infos = embeddingTensors(model);
  const tensors = infos.map(({ dims }) => {
    const length = dims.reduce((product, dim) => product * dim, 1);
    return encodeHalf(wave(length, 1 + seed / 97));
  });
  const { id: modelId, preprocess } = model;
  const size = { width: 640, height: 480 };
  const header = {
    imageId,
    modelId,
    weights: weightsOf(model, "encoder"),
    dtype: "float16" as const,
    frame: preprocess.frame,
    ...size,
  };
  const record = encodeEmbeddingRecord({ ...header, tensors: infos }, tensors);
  return { ref: embeddingRef({ tenant: undefined, imageId, model }), record };
}

/** A thousand numbers of a wave, again and again: a hundred embeddings of a million each are made in a second or two. */
function wave(length: number, pace: number): Float32Array {
  const period = Float32Array.from({ length: 1009 }, (_, at) => Math.sin(at * pace) / 4);
  const values = new Float32Array(length);
  for (let at = 0; at < length; at += period.length) values.set(period.subarray(0, length - at), at);
  return values;
}
