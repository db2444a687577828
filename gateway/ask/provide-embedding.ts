import type { EncodeReady, ImageInfo } from "../../proto/index.js";
import { Code, isNotFound, mayRetry, ServiceError } from "../../services/runtime/errors.js";
import type { Call } from "../../services/runtime/grpc/call.js";
import type { RpcClient } from "../../services/runtime/grpc/client.js";
import type { Decoders } from "../peers/decoders.js";
import type { EncodeProgress, Encoders } from "../peers/encoders.js";
import type { AskCall } from "./answer.js";
import { countedEncode, inBulk } from "./counted-encode.js";
import { ImageGoneError } from "./image-gone-error.js";
import type { Region } from "./region.js";

/** What provides a decoder with an embedding. */
export interface Providers {
  encoders: Pick<Encoders, "encodeStored" | "fetchEmbedding">;
  decoders: Pick<Decoders, "load">;
}

/** A decoder that has no embedding of a picture. */
interface Lack {
  picture: { imageId: string; model: string };
  decoder: RpcClient;
  /** It does not see what is in the shared cache either. */
  isHidden: boolean;
}

/**
 * Has the stored picture encoded again unless an encoder has its embedding still, its parts after it, and gives the decoder what
 * the shared cache does not hand on.
 * @throws ImageGoneError when the picture is not stored; ServiceError of the decoder or the encoder; RESOURCE_EXHAUSTED when
 *   the caller's limit holds no encode for the next part.
 */
export async function provideEmbedding(
  providers: Providers,
  lack: Lack,
  call: AskCall,
  partsOf: (image: ImageInfo) => Region[],
): Promise<void> {
  let isTold = false;
  const onProgress = (progress: EncodeProgress) => {
    isTold = true;
    call.onProgress?.(progress);
  };
  try {
    const { image } = await encode(providers, lack, { ...call, onProgress });
    if (image) for (const crop of partsOf(image)) await encode(providers, lack, { ...call, onProgress }, crop);
  } catch (error) {
    if (isNotFound(error)) throw new ImageGoneError(error);
    if (isTold) call.onRecovered?.();
    throw error;
  }
  if (isTold) call.onRecovered?.();
}

async function encode(providers: Providers, lack: Lack, call: AskCall, crop?: Region): Promise<EncodeReady> {
  const embedding = { ...lack.picture, ...(crop && { crop }) };
  const ready = await (crop
    ? countedEncode(call, (counted) => providers.encoders.encodeStored({ ...embedding, ...inBulk }, counted))
    : providers.encoders.encodeStored(embedding, call));
  if (ready.unshared || lack.isHidden) await carry(providers, lack.decoder, embedding, call);
  return ready;
}

/** Takes an embedding from an encoder to a decoder. One that is lost on the way costs another round, not an error. */
async function carry(
  { encoders, decoders }: Providers,
  decoder: RpcClient,
  embedding: Lack["picture"] & { crop?: Region },
  call: Call,
): Promise<void> {
  try {
    await decoders.load(decoder, embedding, encoders.fetchEmbedding(embedding, call), call);
  } catch (error) {
    call.signal.throwIfAborted();
    if (error instanceof ServiceError && error.code === Code.INVALID_ARGUMENT) throw unusable(error);
    if (!mayRetry(error) && !isNotFound(error)) throw error;
  }
}

/** The prompt is not at fault: encoder and decoder do not fit together. */
function unusable(cause: unknown): ServiceError {
  const message = "The decoder cannot use what the encoder made; they seem to be of different versions.";
  return new ServiceError({ code: Code.INTERNAL, message, cause });
}
