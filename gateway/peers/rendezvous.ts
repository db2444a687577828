import { createHash } from "node:crypto";

/**
 * Peers in order of preference for a key: highest random weight first (Thaler and Ravishankar, 1998). Every gateway
 * computes the same order, and a peer that comes or goes moves only its own share of the keys.
 */
export function rendezvousOrder(key: string, peers: readonly string[]): string[] {
  return peers
    .map((peer) => ({ peer, weight: weightOf(peer, key) }))
    .sort((a, b) => b.weight - a.weight || (a.peer < b.peer ? -1 : 1))
    .map(({ peer }) => peer);
}

function weightOf(peer: string, key: string): number {
  return createHash("sha1").update(`${peer}\n${key}`).digest().readUIntBE(0, 6);
}
