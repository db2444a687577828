import { readFileSync } from "node:fs";

/** Of a second, in what Linux tells of processes. */
const ticks = 100;

/** Processor time, in seconds, where the system tells of it. */
interface ProcessorTime {
  /** Of this process. */
  readonly own: number;
  /** Of all processes that this one has waited for, with those that they have waited for; not of those that outlive who started them. */
  readonly children: number;
}

/** Before a process began. */
export const nothing: ProcessorTime = { own: 0, children: 0 };

export function processorTime(): ProcessorTime | undefined {
  try {
    const stat = readFileSync("/proc/self/stat", "utf8");
    // The program's name may hold anything and is the second; `utime` and `stime` are the 14th and 15th, `cutime` and `cstime` next.
    const afterName = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const sum = (first: number) => (Number(afterName[first]) + Number(afterName[first + 1])) / ticks;
    return { own: sum(11), children: sum(13) };
  } catch {
    return undefined;
  }
}

/** What processors have worked between two looks, for this process and its children. */
export function workedSince(before: ProcessorTime | undefined): number | undefined {
  const now = processorTime();
  return before && now && now.own - before.own + now.children - before.children;
}
