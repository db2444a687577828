import { Code, ServiceError } from "../services/runtime/errors.js";
import type { EncodeProgress, Encoders } from "./peers/encoders.js";

/** The picture itself is gone: only its owner can help, by uploading it again. */
export class ImageGoneError extends ServiceError {
  constructor(cause: unknown) {
    super({ code: Code.NOT_FOUND, message: "The picture is not known here any more; upload it again.", cause });
  }
}

/**
 * A prompt with its recovery (rules R2, R3): when no decoder finds the embedding, the stored picture is encoded again and
 * the prompt repeated, once.
 * @throws ImageGoneError when the picture is not stored; ServiceError of the decoder or the encoder.
 */
export async function segmentImage<Request extends { imageId: string; model: string }, Result>(
  decode: (request: Request, signal: AbortSignal) => Promise<Result>,
  encoders: Pick<Encoders, "encodeStored">,
  request: Request,
  onProgress: (progress: EncodeProgress) => void,
  signal: AbortSignal,
): Promise<Result> {
  try {
    return await decode(request, signal);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const { imageId, model } = request;
  await encoders.encodeStored({ imageId, model }, onProgress, signal).catch((error: unknown) => {
    throw isNotFound(error) ? new ImageGoneError(error) : error;
  });
  return decode(request, signal);
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ServiceError && error.code === Code.NOT_FOUND;
}
