import { setTimeout as sleep } from "node:timers/promises";
import { Code, isAbort, ServiceError } from "../../services/runtime/errors.js";
import type { RpcClient } from "../../services/runtime/grpc/client.js";
import type { PeerSet } from "./peer-set.js";

/** Pause after every replica has failed once, before the next round. */
const roundPauseMs = 200;

/** Workers that one request may be lost with: one is bad luck, two in a row is the request. */
const maxWorkersLost = 2;

/**
 * Tries the replicas in order, again and again, as long as the error says that another or a later try may succeed.
 * @param signal ends the tries: the caller left, or its deadline passed.
 * @throws ServiceError the last one; INTERNAL when it is the request that kills workers (R6); UNAVAILABLE with a retry hint when the signal's deadline passed first.
 */
export async function withPeers<T>(
  peers: PeerSet,
  key: string,
  signal: AbortSignal,
  attempt: (client: RpcClient) => Promise<T>,
): Promise<T> {
  let last: unknown;
  let workersLost = 0;
  try {
    for (;;) {
      for (const client of peers.inOrder(key)) {
        signal.throwIfAborted();
        try {
          const result = await attempt(client);
          peers.worked(client);
          return result;
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof ServiceError && error.shouldRetry())) throw error;
          if (error.reason === "WORKER_LOST" && ++workersLost >= maxWorkersLost) throw poisonous(error);
          peers.failed(client);
          last = error;
        }
      }
      await sleep(roundPauseMs, undefined, { signal });
    }
  } catch (error) {
    if (signal.aborted && signal.reason instanceof DOMException && signal.reason.name === "TimeoutError") {
      const message = last
        ? "No server of this kind can be reached; try again shortly."
        : "The answer took too long; try again shortly.";
      const code = last ? Code.UNAVAILABLE : Code.DEADLINE_EXCEEDED;
      throw new ServiceError({ code, message, retryAfterMs: 1000, cause: last ?? error });
    }
    if (isAbort(error)) throw new ServiceError({ code: Code.CANCELLED, message: "The request was cancelled." });
    throw error;
  }
}

function poisonous(cause: ServiceError): ServiceError {
  const message = "This request stopped the worker that ran it, twice; it is not tried again.";
  return new ServiceError({ code: Code.INTERNAL, message, cause });
}
