import { Counter, type Registry } from "../../runtime/metrics.js";

/** What becomes of a tier's worker threads. The tiers of a process share a registry. */
export function workerMetrics(registry: Registry, tier: string): { lost(): void; hung(): void } {
  const counter = (name: string, help: string) => {
    const known = registry.getSingleMetric(name) as Counter<"tier"> | undefined;
    const one = known ?? new Counter({ name, help, labelNames: ["tier"], registers: [registry] });
    // An increase shows only from a number that was seen before.
    one.inc({ tier }, 0);
    return () => one.inc({ tier });
  };
  return {
    lost: counter("maskwire_worker_losses_total", "Worker threads that were lost and replaced"),
    hung: counter(
      "maskwire_worker_hangs_total",
      "Worker threads that were silent for so long that they are taken to hang",
    ),
  };
}
