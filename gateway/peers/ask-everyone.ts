import type { Call } from "../../services/runtime/grpc/call.js";
import type { RpcClient } from "../../services/runtime/grpc/client.js";
import type { PeerSet } from "./peer-set.js";
import { blame, unreachable } from "./tier-request.js";

/**
 * Asks every server of the tier once, all at the same time, also those that take nothing new. One that has not answered within
 * the time that a request waits for a server has failed.
 * @returns why those that did not answer did not; empty when all did. @throws the signal's reason.
 */
export async function askEveryone(
  peers: PeerSet,
  { signal, ...call }: Call,
  ask: (client: RpcClient, call: Call) => Promise<unknown>,
): Promise<unknown[]> {
  const everyone = peers.everyone();
  // Where nobody is known, nobody can have been told.
  if (everyone.length === 0) return [unreachable(undefined)];
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), peers.limits.reachMs);
  const inTime = { ...call, signal: AbortSignal.any([signal, late.signal]) };
  try {
    const answers = everyone.map(async (peer) => {
      const { client } = peer;
      try {
        await peers.run(peer, () => ask(client, inTime));
      } catch (error) {
        blame(peers, peer, client, error);
        throw error;
      }
    });
    const outcomes = await Promise.allSettled(answers);
    signal.throwIfAborted();
    return outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  } finally {
    clearTimeout(timer);
  }
}
