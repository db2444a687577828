import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { findProgram } from "../../support/programs.js";

/** Linux counts a process's time in these, whatever the kernel's own clock. */
const ticksPerSecond = 100;

/** Processor time that a process with its threads has used; undefined where the system does not say. */
export function cpuSeconds(pid: number): number | undefined {
  try {
    // The name, in brackets, may hold anything; what follows it begins with field 3.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return undefined;
  }
}

/** Processor time that everything on this machine has used, what its host took from it included; undefined where unknown. */
export function machineSeconds(): number | undefined {
  try {
    const line = readFileSync("/proc/stat", "utf8").split("\n", 1)[0] as string;
    const [user, nice, system, , , irq, softirq, steal] = line.split(/\s+/).slice(1).map(Number) as number[];
    const ticks = [user, nice, system, irq, softirq, steal].reduce<number>((sum, one) => sum + (one ?? 0), 0);
    return ticks / ticksPerSecond;
  } catch {
    return undefined;
  }
}

/** Which processors the decoder has for itself, and which all others share. */
export interface Cores {
  readonly decoder: readonly string[];
  readonly others: readonly string[];
  /** In words, for the report. */
  readonly words: string;
}

/** A core for the decoder alone, where the machine has two and can bind a process to one. */
export function divideCores(): Cores {
  const count = availableParallelism();
  const taskset = findProgram("taskset");
  if (count < 2 || taskset === undefined) {
    return { decoder: [], others: [], words: "nothing is bound to a core: all processes share what there is" };
  }
  const rest = count === 2 ? "1" : `1-${count - 1}`;
  return {
    decoder: [taskset, "-c", "0"],
    others: [taskset, "-c", rest],
    words: `the decoder has core 0 for itself; gateway, encoder, Redis and this driver share ${rest}`,
  };
}

/** Moves this process to where the others are; what it starts from then on stays there. */
export function leaveDecoderAlone({ others }: Cores): void {
  const [taskset, , list] = others;
  if (taskset !== undefined) spawnSync(taskset, ["-a", "-p", "-c", list as string, String(process.pid)]);
}
