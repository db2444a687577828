import { isNotFound, mayRetry } from "../../services/runtime/errors.js";
import type { Call } from "../../services/runtime/grpc/call.js";
import type { RpcClient } from "../../services/runtime/grpc/client.js";
import type { PeerSet } from "./peer-set.js";
import { withPeers } from "./retry.js";
import type { Destination } from "./tier-request.js";

/**
 * Asks the key's own server, and where that has nothing although another may, the others in the key's order.
 * @param mayBeElsewhere what the first one's error says of the others.
 * @throws ServiceError the first one's where no other helps; otherwise as `withPeers`.
 */
export function searchPeers<T>(
  peers: PeerSet,
  to: Destination,
  call: Call,
  ask: (client: RpcClient) => Promise<T>,
  mayBeElsewhere: (error: unknown) => boolean = isNotFound,
): Promise<T> {
  return withPeers(peers, to, call, async (home) => {
    try {
      return await ask(home);
    } catch (error) {
      if (!mayBeElsewhere(error)) throw error;
      for (const other of peers.inOrder(to.key, to.model)) {
        if (other === home) continue;
        try {
          return await ask(other);
        } catch (second) {
          // One that is lost has nothing to offer either.
          if (!isNotFound(second) && !mayRetry(second)) throw second;
        }
      }
      throw error;
    }
  });
}
