import { Counter, Gauge, type Registry } from "../runtime/metrics.js";
import type { StoreOperation } from "./blob-store.js";
import { CacheError } from "./cache-error.js";
import type { BreakerState } from "./circuit-breaker.js";

/** The two kinds of things that are kept. */
export type StoreName = "embedding" | "image";

/** What the figures are read from when somebody asks for them. */
interface StoreReadings {
  /** Bytes that this process keeps itself. */
  kept(): Iterable<readonly [StoreName, number]>;
  /** The nodes of the shared cache; none without one. */
  nodes(): readonly { readonly name: string; readonly state: BreakerState }[];
}

const stateValues: Record<BreakerState, number> = { closed: 0, "half-open": 1, open: 2 };

/** Figures of the cache, shared or in this process. */
export function createStoreMetrics(registry: Registry, { kept, nodes }: StoreReadings) {
  const registers = [registry];
  const failures = new Counter({
    name: "maskwire_cache_errors_total",
    help: "Cache commands without an answer, by reason; the system went on without the cache",
    labelNames: ["store", "operation", "reason"],
    registers,
  });
  const lookups = new Counter({
    name: "maskwire_cache_lookups_total",
    help: "Reads from the cache by tier, near (this process) or shared, and outcome, hit or miss",
    labelNames: ["store", "tier", "outcome"],
    registers,
  });
  const evictions = new Counter({
    name: "maskwire_cache_evictions_total",
    help: "Entries that this process dropped for want of room; a shared cache counts its own",
    labelNames: ["store"],
    registers,
  });
  new Gauge({
    name: "maskwire_cache_kept_bytes",
    help: "Bytes of the embedding store and the image store that this process keeps itself",
    labelNames: ["store"],
    registers,
    collect() {
      for (const [store, bytes] of kept()) this.set({ store }, bytes);
    },
  });
  new Gauge({
    name: "maskwire_cache_breaker_state",
    help: "Circuit breaker of a cache node: 0 closed (it is used), 1 half-open (it is being tried), 2 open",
    labelNames: ["node"],
    registers,
    collect() {
      this.reset();
      for (const { name, state } of nodes()) this.set({ node: name }, stateValues[state]);
    },
  });
  new Gauge({
    name: "maskwire_cache_up",
    help: "Share of the cache's nodes that answer: 1 all, 0 none; while it is 0 the system goes on without the cache",
    registers,
    collect() {
      const states = nodes();
      const answering = states.filter(({ state }) => state === "closed").length;
      this.set(states.length === 0 ? 1 : answering / states.length);
    },
  });
  return {
    failed: (store: StoreName, operation: StoreOperation, error: unknown) =>
      failures.inc({ store, operation, reason: error instanceof CacheError ? error.kind : "refused" }),
    lookedUp: (store: StoreName, tier: "near" | "shared", isHit: boolean) =>
      lookups.inc({ store, tier, outcome: isHit ? "hit" : "miss" }),
    evicted: (store: StoreName) => evictions.inc({ store }),
  };
}
