import { readlinkSync } from "node:fs";
import { getPriority, setPriority } from "node:os";

/**
 * Of the system's forty priorities: so many below, a busy neighbour gets nine times as much of a core. With more, what people
 * upload would stand still where others keep all cores at work.
 */
const steps = 10;
const lowest = 19;

/**
 * Gives way to all else on its cores from now on: the process, with every thread that it starts later. It cannot take that back.
 * Of no effect where the system does not let us.
 */
export function yieldCores(pid: number): void {
  try {
    setPriority(pid, Math.min(lowest, getPriority(pid) + steps));
  } catch {
    // It is gone already, or whoever runs us forbids it: then it is as it was.
  }
}

/** As `yieldCores`, for this thread and those that it starts. On systems other than Linux threads have no priority of their own. */
export function yieldThisThread(): void {
  if (process.platform !== "linux") return;
  // Where Linux asks for a process it takes a thread too.
  const thread = Number(readlinkSync("/proc/thread-self").split("/").at(-1));
  yieldCores(thread);
}
