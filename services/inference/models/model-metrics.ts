import { Counter, Gauge, type Registry } from "../../runtime/metrics.js";
import type { ModelSpec } from "../families/model-spec.js";

/** What a tier does with each of its models. The tiers of a process share a registry. */
export function modelMetrics(registry: Registry, tier: string) {
  const options = { labelNames: ["tier", "model"] as const, registers: [registry] };
  const counter = (name: string, help: string) =>
    (registry.getSingleMetric(name) as Counter<"tier" | "model"> | undefined) ??
    new Counter({ name, help, ...options });
  const workers =
    (registry.getSingleMetric("maskwire_model_workers") as Gauge<"tier" | "model"> | undefined) ??
    new Gauge({ name: "maskwire_model_workers", help: "Worker threads that have a model loaded", ...options });
  const uses = counter("maskwire_model_uses_total", "Encodes or prompts of a model");
  const loads = counter("maskwire_model_loads_total", "Times that a worker has loaded a model");
  let before: Record<string, number> = {};
  return {
    used: (model: string) => uses.inc({ tier, model }),
    /** @param details what each worker has loaded. */
    loaded(served: readonly ModelSpec[], details: readonly Record<string, unknown>[]) {
      const now: Record<string, number> = {};
      for (const { id: model } of served) {
        const count = details.filter((one) => one[model] !== undefined).length;
        now[model] = count;
        workers.set({ tier, model }, count);
        loads.inc({ tier, model }, Math.max(0, count - (before[model] ?? 0)));
      }
      before = now;
    },
  };
}
