import { Registry } from "prom-client";
import { TenantLabels } from "./callers/tenant-labels.js";
import { Code, describeError } from "./errors.js";
import type { ByteBudget } from "./limits/byte-budget.js";
import { countLimitHits, type Limit } from "./limits/limit-hits.js";
import { watchBudgets } from "./limits/watch-budgets.js";
import { Counter } from "./metrics.js";
import { measureProcess } from "./process-metrics.js";
import { type TlsMetrics, tlsMetrics } from "./tls/tls-metrics.js";

/** What is counted for each tenant: what it was answered, what it was refused, what was encoded for it. */
const tenantWork = ["request", "refused", "encode"] as const;
type TenantWork = (typeof tenantWork)[number];

/** A registry of one process, with the figures that every tier has. */
export type Metrics = Registry &
  TlsMetrics & {
    /** Counts a request, or one prompt of a stream, that ended with an error instead of its answer. */
    refused(operation: string, error: unknown): void;
    /** Counts a piece of work for its tenant; the nameless one has no figures of its own. */
    ofTenant(work: TenantWork, tenant: string | undefined): void;
    /** Counts what a limit has refused, cut off or slowed down. */
    limitHit(limit: Limit): void;
    /** Shows what a budget holds, its limit and how often it had no room. */
    watchBudget(budget: ByteBudget): void;
    close(): void;
  };

export function createMetrics(): Metrics {
  const registry = new Registry();
  const close = measureProcess(registry);
  const refusals = new Counter({
    name: "maskwire_refusals_total",
    help: "Requests and prompts that ended with an error, by operation and code",
    labelNames: ["operation", "code"],
    registers: [registry],
  });
  const ofTenants = new Counter({
    name: "maskwire_tenant_work_total",
    help: "Work by tenant, the busiest of them by name, and kind: request or click answered, refused, or picture encoded",
    labelNames: ["tenant", "work"],
    registers: [registry],
  });
  const labels = new TenantLabels((tenant) => {
    for (const work of tenantWork) ofTenants.remove({ tenant, work });
  });
  return Object.assign(registry, {
    ofTenant: (work: TenantWork, tenant: string | undefined) => {
      if (tenant !== undefined) ofTenants.inc({ tenant: labels.of(tenant), work });
    },
    refused: (operation: string, error: unknown) =>
      refusals.inc({ operation, code: Code[describeError(error).code] ?? "UNKNOWN" }),
    limitHit: countLimitHits(registry),
    watchBudget: watchBudgets(registry),
    ...tlsMetrics(registry),
    close,
  });
}
