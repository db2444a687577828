/** What the choice needs to know of a peer. */
export interface Candidate {
  readonly isServing: boolean;
  /** Until then it comes after all others: it failed, or was silent, a moment ago. */
  readonly avoidUntil: number;
  /** Requests of this gateway that it has not answered. */
  readonly outstanding: number;
}

/**
 * So few outstanding requests never move a picture: they are answered sooner than another decoder would have fetched the
 * embedding, and a system at rest stays where its pictures are warm.
 */
export const freeLoad = 4;

/**
 * Consistent hashing with bounded loads (Mirrokni, Thorup and Zadimoghaddam, SODA 2018), on a rendezvous order: the first peer
 * that has fewer requests than `loadFactor` times the average, this one included. Sum and bound cannot contradict each
 * other, so that there is always one unless those with room were tried before.
 * @param order peers in the key's order of preference. @param tried those that this request is not to go to.
 */
export function choosePeer<P extends Candidate>(
  order: readonly P[],
  tried: ReadonlySet<P>,
  now: number,
  loadFactor: number,
): P | undefined {
  const bound = loadBound(order, now, loadFactor);
  let fallback: P | undefined;
  let last: P | undefined;
  for (const peer of order) {
    if (!peer.isServing || tried.has(peer)) continue;
    if (peer.avoidUntil > now) last ??= peer;
    else if (peer.outstanding < bound) return peer;
    else fallback ??= peer;
  }
  return fallback ?? last;
}

/** The peer that the key would have if nobody was busy. */
export function preferredPeer<P extends Candidate>(
  order: readonly P[],
  tried: ReadonlySet<P>,
  now: number,
): P | undefined {
  return choosePeer(order, tried, now, Number.POSITIVE_INFINITY);
}

function loadBound(order: readonly Candidate[], now: number, loadFactor: number): number {
  let peers = 0;
  let outstanding = 1;
  for (const peer of order) {
    if (!peer.isServing || peer.avoidUntil > now) continue;
    peers++;
    outstanding += peer.outstanding;
  }
  return Math.max(freeLoad, Math.ceil((loadFactor * outstanding) / Math.max(1, peers)));
}
