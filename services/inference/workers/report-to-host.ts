import type { Host, Tier } from "../../runtime/host.js";
import { workerMetrics } from "./worker-metrics.js";
import type { PoolOptions } from "./worker-pool.js";

/** What becomes of a tier's workers, for its log, its metrics and its health. */
export function reportToHost(
  host: Host,
  tier: Tier,
): Required<Pick<PoolOptions, "signal" | "onWorkerLost" | "onWorkerHung" | "onServing">> {
  const { name } = tier;
  const metrics = workerMetrics(host.metrics, name);
  return {
    signal: host.forced,
    onWorkerLost: (err) => {
      metrics.lost();
      host.logger.error({ err }, `${name} worker lost; another takes its place`);
    },
    onWorkerHung: (silentMs) => {
      metrics.hung();
      host.logger.error({ silentMs }, `${name} worker hangs; it gets nothing to do before it has answered`);
    },
    onServing: () => host.readinessChanged(tier),
  };
}
