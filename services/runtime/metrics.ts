import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { Code, describeError } from "./errors.js";
import type { ByteBudget } from "./limits/byte-budget.js";
import { heapLimitBytes, memoryLimitBytes } from "./limits/process-memory.js";

export { Counter, Gauge, Histogram, type Registry };

/** Buckets in seconds that tell 1 ms from 2 ms and still reach a slow encode. */
export const latencyBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];

/** What holds callers and sessions within their part; see OPERATIONS.md. */
export const limits = [
  "sessions",
  "sessions_share",
  "pace",
  "too_fast",
  "openings",
  "idle",
  "waiting_share",
  "unsent",
  "unsent_session",
  "everything",
  "everything_share",
  "queue_place",
  "fetches",
  "fetches_share",
  "downloads",
  "downloads_share",
  "pictures_share",
  "embeddings_share",
  "uploads_rate",
  "requests_rate",
] as const;
export type Limit = (typeof limits)[number];

/** A registry of one process, with the figures that every tier has. */
export type Metrics = Registry & {
  /** Counts a request, or one prompt of a stream, that ended with an error instead of its answer. */
  refused(operation: string, error: unknown): void;
  /** Begins to count a tier's lost worker threads: an increase shows only from a number that was seen before. */
  hasWorkers(tier: string): void;
  /** Counts a worker thread that was lost. */
  workerLost(tier: string): void;
  /** Counts a worker thread that hangs. */
  workerHung(tier: string): void;
  /** Counts what a limit has refused, cut off or slowed down. */
  limitHit(limit: Limit): void;
  /** Shows what a budget holds, its limit and how often it had no room. */
  watchBudget(budget: ByteBudget): void;
  close(): void;
};

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  gauge(
    "maskwire_event_loop_delay_p99_seconds",
    "99th percentile of the event loop's delay since the last scrape",
    () => {
      const p99 = delay.percentile(99);
      delay.reset();
      return Number.isFinite(p99) ? p99 / 1e9 : 0;
    },
  );
  gauge("maskwire_resident_memory_bytes", "Resident memory of the process", () => process.memoryUsage.rss());
  gauge(
    "maskwire_memory_limit_bytes",
    "Memory that the process may take: its container's limit, or the machine's",
    memoryLimitBytes,
  );
  gauge("maskwire_heap_used_bytes", "JavaScript heap in use on the main thread", () => process.memoryUsage().heapUsed);
  gauge("maskwire_heap_limit_bytes", "JavaScript heap at which V8 ends the process", () => heapLimitBytes());
  const startedAt = Date.now() / 1000 - process.uptime();
  gauge("maskwire_start_time_seconds", "When the process started, in Unix time", () => startedAt);
  new Counter({
    name: "maskwire_cpu_seconds_total",
    help: "Processor time of the process, all threads",
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  const refusals = new Counter({
    name: "maskwire_refusals_total",
    help: "Requests and prompts that ended with an error, by operation and code",
    labelNames: ["operation", "code"],
    registers,
  });
  const losses = new Counter({
    name: "maskwire_worker_losses_total",
    help: "Worker threads that were lost and replaced",
    labelNames: ["tier"],
    registers,
  });
  const hangs = new Counter({
    name: "maskwire_worker_hangs_total",
    help: "Worker threads that were silent for so long that they are taken to hang",
    labelNames: ["tier"],
    registers,
  });
  const hits = new Counter({
    name: "maskwire_limit_hits_total",
    help: "Times that a limit refused, cut off or slowed down somebody, by limit",
    labelNames: ["limit"],
    registers,
  });
  // An increase shows only from a number that was seen before.
  for (const limit of limits) hits.inc({ limit }, 0);
  const budgets: ByteBudget[] = [];
  const ofBudgets = (name: string, help: string, value: (budget: ByteBudget) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ["budget"],
      registers,
      collect() {
        for (const budget of budgets) this.set({ budget: budget.name }, value(budget));
      },
    });
  ofBudgets("maskwire_budget_bytes", "Bytes that a budget of this process holds", (budget) => budget.usedBytes);
  ofBudgets(
    "maskwire_budget_limit_bytes",
    "Bytes that a budget of this process may hold",
    (budget) => budget.limitBytes,
  );
  new Counter({
    name: "maskwire_budget_refusals_total",
    help: "Times a budget of this process had no room",
    labelNames: ["budget"],
    registers,
    collect() {
      this.reset();
      for (const budget of budgets) this.inc({ budget: budget.name }, budget.refusals);
    },
  });
  return Object.assign(registry, {
    refused: (operation: string, error: unknown) =>
      refusals.inc({ operation, code: Code[describeError(error).code] ?? "UNKNOWN" }),
    /** Begins to count a tier's lost and hung worker threads: an increase shows only from a number that was seen before. */
    hasWorkers: (tier: string) => {
      losses.inc({ tier }, 0);
      hangs.inc({ tier }, 0);
    },
    workerLost: (tier: string) => losses.inc({ tier }),
    workerHung: (tier: string) => hangs.inc({ tier }),
    limitHit: (limit: Limit) => hits.inc({ limit }),
    watchBudget: (budget: ByteBudget) => void budgets.push(budget),
    close: () => delay.disable(),
  });
}
