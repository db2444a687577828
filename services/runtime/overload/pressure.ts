import { constants, monitorEventLoopDelay, type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import { heapLimitBytes, memoryLimitBytes, residentBytes, usedHeapBytes } from "../limits/process-memory.js";
import type { Reading } from "./thresholds.js";

const resolutionMs = 10;

/** How hard pressed this process is. */
export class Pressure {
  readonly #delay = monitorEventLoopDelay({ resolution: resolutionMs });
  readonly #collections: PerformanceObserver;
  readonly #limitBytes = memoryLimitBytes();
  readonly #besides = new Set<() => number>();
  /** Heap that the last full collection left: what is in use besides may be garbage. */
  #liveBytes = 0;

  constructor() {
    this.#delay.enable();
    this.#collections = new PerformanceObserver((list) => {
      const isFull = list.getEntries().some((entry) => kindOf(entry) === constants.NODE_PERFORMANCE_GC_MAJOR);
      if (isFull) this.#liveBytes = usedHeapBytes();
    });
    this.#collections.observe({ entryTypes: ["gc"] });
  }

  /** Resident memory of processes that work for this one: they share its limit. */
  countMemory(read: () => number): void {
    this.#besides.add(read);
  }

  /** Since the last reading. */
  read(): Reading {
    const p99 = this.#delay.percentile(99) / 1e6 - resolutionMs;
    this.#delay.reset();
    const heldBytes = [...this.#besides].reduce((sum, read) => sum + read(), residentBytes());
    const statistics = getHeapStatistics();
    return {
      loopDelayMs: Math.max(0, Math.round(p99)),
      memory: heldBytes / this.#limitBytes,
      heap: Math.min(this.#liveBytes, statistics.used_heap_size) / heapLimitBytes(statistics),
    };
  }

  close(): void {
    this.#delay.disable();
    this.#collections.disconnect();
  }
}

/** Node's types do not know what an entry of a collection holds. */
const kindOf = (entry: PerformanceEntry) => (entry as PerformanceEntry & { detail?: { kind?: number } }).detail?.kind;
