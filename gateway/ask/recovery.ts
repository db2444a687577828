import type { ImageInfo } from "../../proto/index.js";
import { EmbeddingMissingError } from "../peers/embedding-missing-error.js";
import type { Answer } from "./answer.js";
import { NotKeptError } from "./not-kept-error.js";
import { type Providers, provideEmbedding } from "./provide-embedding.js";
import type { Region } from "./region.js";

/** Times that a prompt's embedding is provided. More than once: a decoder may be lost, or forget, in the meantime. */
const maxRounds = 3;

/**
 * When a decoder finds no embedding for the next layer, it is provided with one and the request repeated (R2, R3, R7, R9).
 * Throws ImageGoneError when the picture is not stored, NotKeptError, ServiceErrors of the decoder or the encoder.
 * @param partsOf parts of the picture whose embeddings are needed beside the whole one's.
 * @param othersOf ids of other pictures whose embeddings are needed.
 */
export function withRecovery<Request extends { imageId: string; model: string }, Result>(
  providers: Providers,
  next: Answer<Request, Result>,
  partsOf: (request: Request, image: ImageInfo) => Region[] = () => [],
  othersOf: (request: Request) => readonly string[] = () => [],
): Answer<Request, Result> {
  return async function recovery(request, call) {
    for (let round = 1; ; round++) {
      try {
        return await next(request, call);
      } catch (error) {
        if (!(error instanceof EmbeddingMissingError)) throw error;
        // To carry more than it can keep would be in vain.
        if (round > (error.reason === "CACHE_TOO_SMALL" ? 1 : maxRounds)) throw new NotKeptError(error);
        const { imageId, model } = request;
        // A decoder that has missed it twice does not see what the encoder sees.
        const lack = (of: string) => ({ picture: { imageId: of, model }, decoder: error.peer, isHidden: round > 1 });
        await provideEmbedding(providers, lack(imageId), call, (image) => partsOf(request, image));
        for (const other of othersOf(request)) await provideEmbedding(providers, lack(other), call, () => []);
      }
    }
  };
}
