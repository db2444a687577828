import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";
import type { ProcessMemory } from "./memory-plan.js";

/** Bytes that the process may take: its container's limit where there is one, or else the machine's memory. */
export function memoryLimitBytes(): number {
  // Without a limit some kernels report one that no machine has.
  const constrained = process.constrainedMemory();
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem();
}

/** The same, with the heap at which V8 ends the process: `--max-old-space-size`, or half of a small machine. */
export function processMemory(): ProcessMemory {
  return { limitBytes: memoryLimitBytes(), heapLimitBytes: getHeapStatistics().heap_size_limit };
}
