import { Counter, type Registry } from "../runtime/metrics.js";
import type { RecordFault } from "../sam/record-error.js";

/** Counts what looking for a record came to. */
export interface LookupMetrics {
  hit(): void;
  miss(): void;
  rejected(fault: RecordFault): void;
}

export function createLookupMetrics(store: "embedding" | "image" | "findings", metrics: Registry): LookupMetrics {
  const lookups = new Counter({
    name: `maskwire_${store}_lookups_total`,
    help: `Look-ups in the ${store} store by outcome: hit, miss, or rejected for a record that cannot be used`,
    labelNames: ["outcome"],
    registers: [metrics],
  });
  const rejects = new Counter({
    name: `maskwire_${store}_rejects_total`,
    help: `Records of the ${store} store that could not be used, by reason`,
    labelNames: ["reason"],
    registers: [metrics],
  });
  return {
    hit: () => lookups.inc({ outcome: "hit" }),
    miss: () => lookups.inc({ outcome: "miss" }),
    rejected: (reason) => {
      lookups.inc({ outcome: "rejected" });
      rejects.inc({ reason });
    },
  };
}
