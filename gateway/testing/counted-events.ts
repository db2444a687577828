import type { PeerEvents } from "../peers/peer-metrics.js";

/** Counts what a set of peers tells. */
export class CountedEvents implements PeerEvents {
  readonly counts = { retried: 0, hedged: 0, moved: 0, lookupFailed: 0 };
  retried = () => void this.counts.retried++;
  hedged = () => void this.counts.hedged++;
  moved = () => void this.counts.moved++;
  lookupFailed = () => void this.counts.lookupFailed++;
  watch = () => {};
}
