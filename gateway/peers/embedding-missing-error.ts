import { Code, isNotFound, ServiceError } from "../../services/runtime/errors.js";
import type { RpcClient } from "../../services/runtime/grpc/client.js";

/** A decoder has no embedding for the prompt, and the shared cache gave it none. */
export class EmbeddingMissingError extends ServiceError {
  /** The decoder; it answers once it has been given the embedding. */
  readonly peer: RpcClient;

  constructor(peer: RpcClient, cause: ServiceError) {
    const { message, reason } = cause;
    super({ code: Code.NOT_FOUND, message, ...(reason === undefined ? {} : { reason }), cause });
    this.peer = peer;
  }
}

/** A decoder's failure as it goes on: one that has no embedding is the one to be given it. */
export function failureAt(decoder: RpcClient, error: unknown): unknown {
  return isNotFound(error) ? new EmbeddingMissingError(decoder, error) : error;
}
