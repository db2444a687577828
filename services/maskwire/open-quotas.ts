import { Quotas } from "../access/quotas/quotas.js";
import { Sharing } from "../access/quotas/sharing.js";
import type { Quota } from "../runtime/callers/quota.js";
import type { Metrics } from "../runtime/host-metrics.js";
import type { Logger } from "../runtime/logger.js";
import { openConnection } from "../stores/open-connection.js";
import type { CacheSettings } from "../stores/settings.js";
import { SharedCounts } from "../stores/shared-counts.js";

interface OpenedQuotas {
  make(metrics: Pick<Metrics, "limitHit">): Quota;
  /** What this process has counted is told to the others before. */
  close(): Promise<void>;
}

/** Quotas, counted together with all processes that have the same cache where there is one (Q5). */
export function openQuotas(cache: CacheSettings, logger: Logger): OpenedQuotas {
  const { ttlMs: keptMs, namespace, server } = cache;
  if (!server) return { make: (metrics) => new Quotas({ keptMs, metrics }), close: async () => {} };
  const counts = new SharedCounts(namespace, () => openConnection({ ...cache, server }, logger));
  const sharing = new Sharing(counts);
  return {
    make: (metrics) => new Quotas({ keptMs, metrics, sharing }),
    close: async () => {
      await sharing.close();
      counts.close();
    },
  };
}
