import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, Histogram, Registry } from "prom-client";

export { Counter, Gauge, Histogram, type Registry };

/** Buckets in seconds that tell 1 ms from 2 ms and still reach a slow encode. */
export const latencyBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];

/** A registry of one process, with the figures that every tier has. */
export function createMetrics(): Registry & { close(): void } {
  const registry = new Registry();
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  new Gauge({
    name: "maskwire_event_loop_delay_p99_seconds",
    help: "99th percentile of the event loop's delay since the last scrape",
    registers: [registry],
    collect() {
      this.set(Number.isFinite(delay.percentile(99)) ? delay.percentile(99) / 1e9 : 0);
      delay.reset();
    },
  });
  new Gauge({
    name: "maskwire_resident_memory_bytes",
    help: "Resident memory of the process",
    registers: [registry],
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  return Object.assign(registry, { close: () => delay.disable() });
}
