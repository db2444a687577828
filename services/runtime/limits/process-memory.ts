import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";

/** What a process may take, and V8's own limit within it. */
export interface ProcessMemory {
  limitBytes: number;
  heapLimitBytes: number;
}

/** Bytes that the process may take: its container's limit where there is one, or else the machine's memory. */
export function memoryLimitBytes(): number {
  // Without a limit some kernels report one that no machine has.
  const constrained = process.constrainedMemory();
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem();
}

/** V8's limit counts its three semi-spaces too; what has lived for a while cannot use them. They grew with Node 24's V8, 13.6. */
const semiSpaceMiB = Number.parseInt(process.versions.v8, 10) >= 13 ? 64 : 16;
const youngBytes = 3 * semiSpaceMiB * 1024 * 1024;

/** Live objects with which V8 ends the process: `--max-old-space-size`, or half of a small machine's memory. */
export function heapLimitBytes({ heap_size_limit: limit }: { heap_size_limit: number } = getHeapStatistics()): number {
  return limit > youngBytes ? limit - youngBytes : Math.floor(limit / 2);
}

let lastResidentBytes = 0;

/** Resident memory of this process, as it was last where that cannot be read: with all descriptors open no file can, this one's either. */
export function residentBytes(read: () => number = () => process.memoryUsage.rss()): number {
  try {
    lastResidentBytes = read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EMFILE" && (error as NodeJS.ErrnoException).code !== "ENFILE")
      throw error;
  }
  return lastResidentBytes;
}

/** Of the main thread's JavaScript, which no file tells. */
export const usedHeapBytes = () => getHeapStatistics().used_heap_size;

export function processMemory(): ProcessMemory {
  return { limitBytes: memoryLimitBytes(), heapLimitBytes: heapLimitBytes() };
}
