import { Counter, Gauge, type Registry } from "../../services/runtime/metrics.js";
import type { PeerState } from "./peer.js";

type Tier = "encoder" | "decoder" | "dataset";

/** What a tier's peers tell of themselves. */
export interface PeerEvents {
  retried(): void;
  hedged(): void;
  moved(): void;
  lookupFailed(): void;
  /** @param count how many there are now. */
  watch(count: () => Record<PeerState, number>): void;
}

/** Figures of the other tiers as this gateway sees them. */
export function createPeerMetrics(registry: Registry): (tier: Tier) => PeerEvents {
  const registers = [registry];
  const counter = (name: string, help: string) => new Counter({ name, help, labelNames: ["tier"], registers });
  const retries = counter("maskwire_peer_retries_total", "Requests sent again because a server failed under them");
  const hedges = counter("maskwire_peer_hedges_total", "Requests sent to a second server because the first was silent");
  const moves = counter("maskwire_peer_moves_total", "Requests sent past their picture's server because it was busy");
  const lookups = counter(
    "maskwire_peer_lookup_failures_total",
    "DNS lookups that failed; the servers known before stay",
  );
  const counts = new Map<Tier, () => Record<PeerState, number>>();
  new Gauge({
    name: "maskwire_peers",
    help: "Servers of a tier by state",
    labelNames: ["tier", "state"],
    registers,
    collect() {
      for (const [tier, count] of counts)
        for (const [state, value] of Object.entries(count())) this.set({ tier, state }, value);
    },
  });
  return (tier) => {
    for (const one of [retries, hedges, moves, lookups]) one.inc({ tier }, 0);
    return {
      retried: () => retries.inc({ tier }),
      hedged: () => hedges.inc({ tier }),
      moved: () => moves.inc({ tier }),
      lookupFailed: () => lookups.inc({ tier }),
      watch: (count) => void counts.set(tier, count),
    };
  };
}
