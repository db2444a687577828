import { Code, isAbort, ServiceError } from "../../services/runtime/errors.js";
import type { Call } from "../../services/runtime/grpc/call.js";
import type { RpcClient } from "../../services/runtime/grpc/client.js";
import { PeerLostError } from "../../services/runtime/grpc/status.js";
import { runHedged } from "./hedge.js";
import type { Peer } from "./peer.js";
import type { PeerSet } from "./peer-set.js";
import { type Destination, TierRequest, unreachable } from "./tier-request.js";

interface RetryOptions {
  /** A request that may be answered twice goes to the next server too when its own is silent. */
  hedge?: boolean;
  /** Done twice it would be done two times: it is sent again only where it cannot have reached a server (R11). */
  once?: boolean;
}

/**
 * Tries the tier's servers in the key's order, of those that serve the model where it is for one, again and again, as long as the error says that another or a later try may
 * succeed, and waits for one while none serves.
 * @param call whose signal ends the tries: the caller left, or its deadline passed.
 * @throws ServiceError the last one; INTERNAL when it is the request that kills workers or servers (R6); UNAVAILABLE with a
 *   retry hint when nobody could be reached (R5).
 */
export async function withPeers<T>(
  peers: PeerSet,
  to: string | Destination,
  call: Call,
  ask: (client: RpcClient) => Promise<T>,
  { hedge = false, once = false }: RetryOptions = {},
): Promise<T> {
  const request = new TierRequest(peers, destination(to), call);
  try {
    for (;;) {
      const peer = await request.nextPeer();
      try {
        return await (hedge ? runHedged(request, peer, ask) : request.run(peer, ask));
      } catch (error) {
        call.signal.throwIfAborted();
        if (once && !wasNeverSent(error)) throw error;
        request.noteFailure(error);
      }
    }
  } catch (error) {
    throw explain(error, request, call);
  }
}

/** The tier's server for a request that cannot be repeated. @throws ServiceError UNAVAILABLE when none can be reached. */
export async function onePeer(peers: PeerSet, to: string | Destination, call: Call): Promise<Peer> {
  const request = new TierRequest(peers, destination(to), call);
  try {
    return await request.nextPeer();
  } catch (error) {
    throw explain(error, request, call);
  }
}

const wasNeverSent = (error: unknown) => error instanceof PeerLostError && !error.wasUnderWay;

const destination = (to: string | Destination): Destination => (typeof to === "string" ? { key: to } : to);

function explain(error: unknown, { isStuck }: TierRequest, { signal }: Call): unknown {
  if (signal.aborted && signal.reason instanceof DOMException && signal.reason.name === "TimeoutError") {
    if (isStuck) return unreachable(error);
    const message = "The answer took too long; try again shortly.";
    return new ServiceError({ code: Code.DEADLINE_EXCEEDED, message, retryAfterMs: 1000, cause: error });
  }
  if (isAbort(error)) return new ServiceError({ code: Code.CANCELLED, message: "The request was cancelled." });
  return error;
}
