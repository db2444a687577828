import type { BoundingBox, EncodeReady, ImageInfo } from "../proto/index.js";
import { EncodePriority } from "../proto/index.js";
import { Code, isNotFound, ServiceError } from "../services/runtime/errors.js";
import type { RpcClient } from "../services/runtime/grpc/client.js";
import type { Origin } from "../services/runtime/tracing/origin.js";
import type { Decoders } from "./peers/decoders.js";
import { EmbeddingMissingError } from "./peers/embedding-missing-error.js";
import type { EncodeProgress, Encoders } from "./peers/encoders.js";

/** Times that a prompt's embedding is provided. More than once: a decoder may be lost, or forget, in the meantime. */
const maxRounds = 3;

/** The picture itself is gone: only its owner can help, by uploading it again. */
export class ImageGoneError extends ServiceError {
  constructor(cause: unknown) {
    super({ code: Code.NOT_FOUND, message: "The picture is not known here any more; upload it again.", cause });
  }
}

/** What provides a decoder with an embedding. */
export interface Providers {
  encoders: Pick<Encoders, "encodeStored" | "fetchEmbedding">;
  decoders: Pick<Decoders, "load">;
}

/** What becomes of an encode that a prompt caused; once it is over the picture is as ready as it was. */
export type RecoveryNews = EncodeProgress | { case: "over" };

export type Region = Pick<BoundingBox, "x" | "y" | "width" | "height">;

export interface SegmentOptions<Request, Result> {
  decode: (request: Request, signal: AbortSignal) => Promise<Result>;
  /** `over` comes once for whatever was told before it, however that ended, unless the picture is gone. */
  onNews: (news: RecoveryNews) => void;
  signal: AbortSignal;
  origin?: Origin | undefined;
  /** Parts of the picture whose embeddings are needed beside the whole one's. */
  partsOf?: (image: ImageInfo) => Region[];
}

/**
 * A prompt with its recovery (R2, R3, R7): when its decoder finds no embedding, the stored picture is encoded again unless
 * an encoder has its embedding still, the decoder is given that where the shared cache does not hand it on, and the prompt is
 * repeated.
 * @throws ImageGoneError when the picture is not stored; ServiceError of the decoder or the encoder.
 */
export async function segmentImage<Request extends { imageId: string; model: string }, Result>(
  providers: Providers,
  request: Request,
  { decode, onNews, signal, origin, partsOf = () => [] }: SegmentOptions<Request, Result>,
): Promise<Result> {
  for (let round = 1; ; round++) {
    try {
      return await decode(request, signal);
    } catch (error) {
      if (!(error instanceof EmbeddingMissingError)) throw error;
      if (round > maxRounds) throw stillMissing(error);
      await provide(error.peer, round);
    }
  }

  async function provide(peer: RpcClient, round: number): Promise<void> {
    const { imageId, model } = request;
    let isTold = false;
    const tell = (news: RecoveryNews) => {
      isTold = news.case !== "over";
      onNews(news);
    };
    const encode = async (crop?: Region): Promise<EncodeReady> => {
      const part = crop ? { crop, priority: EncodePriority.BULK } : {};
      const ready = await encoders.encodeStored({ imageId, model, ...part }, tell, signal, origin);
      // A decoder that has missed it twice does not see what the encoder sees.
      if (ready.unshared || round > 1)
        await carry(providers, peer, { imageId, model, ...(crop && { crop }) }, signal, origin);
      return ready;
    };
    const { encoders } = providers;
    try {
      const { image } = await encode();
      if (image) for (const part of partsOf(image)) await encode(part);
    } catch (error) {
      if (isNotFound(error)) throw new ImageGoneError(error);
      if (isTold) tell({ case: "over" });
      throw error;
    }
    if (isTold) tell({ case: "over" });
  }
}

/** Takes an embedding from an encoder to a decoder. One that is lost on the way costs another round, not an error. */
async function carry(
  { encoders, decoders }: Providers,
  peer: RpcClient,
  embedding: { imageId: string; model: string; crop?: Region },
  signal: AbortSignal,
  origin: Origin | undefined,
): Promise<void> {
  try {
    await decoders.load(peer, embedding, encoders.fetchEmbedding(embedding, signal, origin), signal, origin);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ServiceError && error.code === Code.INVALID_ARGUMENT) throw unusable(error);
    if (!(error instanceof ServiceError && (error.shouldRetry() || isNotFound(error)))) throw error;
  }
}

function stillMissing(cause: unknown): ServiceError {
  const message = "The decoder cannot keep the picture's embedding at present; try again shortly.";
  return new ServiceError({ code: Code.UNAVAILABLE, message, retryAfterMs: 1000, cause });
}

/** The prompt is not at fault: encoder and decoder do not fit together. */
function unusable(cause: unknown): ServiceError {
  const message = "The decoder cannot use what the encoder made; they seem to be of different versions.";
  return new ServiceError({ code: Code.INTERNAL, message, cause });
}
