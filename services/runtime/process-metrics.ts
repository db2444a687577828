import { monitorEventLoopDelay } from "node:perf_hooks";
import { heapLimitBytes, memoryLimitBytes, residentBytes, usedHeapBytes } from "./limits/process-memory.js";
import { Counter, Gauge, type Registry } from "./metrics.js";

/** Figures of the process itself: its event loop, memory and processor time. @returns to be called at the end. */
export function measureProcess(registry: Registry): () => void {
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
  gauge("maskwire_resident_memory_bytes", "Resident memory of the process", () => residentBytes());
  gauge(
    "maskwire_memory_limit_bytes",
    "Memory that the process may take: its container's limit, or the machine's",
    memoryLimitBytes,
  );
  gauge("maskwire_heap_used_bytes", "JavaScript heap in use on the main thread", usedHeapBytes);
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
  return () => delay.disable();
}
