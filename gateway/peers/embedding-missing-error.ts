import { Code, isNotFound, ServiceError } from "../../services/runtime/errors.js";
import type { RpcClient } from "../../services/runtime/grpc/client.js";

/** A decoder has no embedding for the prompt, and the shared cache gave it none. */
export class EmbeddingMissingError extends ServiceError {
  /** The decoder; it answers once it has been given the embedding. */
  readonly peer: RpcClient;

  constructor(peer: RpcClient, cause: ServiceError) {
    super({ code: Code.NOT_FOUND, message: cause.message, cause });
    this.peer = peer;
  }
}

/** A decoder's failure as it goes on: one that has no embedding is the one to be given it. */
export function failureAt(decoder: RpcClient, error: unknown): unknown {
  return isNotFound(error) ? new EmbeddingMissingError(decoder, error) : error;
}
