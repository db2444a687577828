import { readFileSync } from "node:fs";

/** Of a second, in what Linux tells of processes. */
const ticks = 100;

/**
 * Processor time, in seconds, of all processes that this one has waited for, with those that they have waited for; not of those
 * that outlive who started them. undefined where the system does not tell.
 */
export function childrenSeconds(): number | undefined {
  try {
    const stat = readFileSync("/proc/self/stat", "utf8");
    // The program's name may hold anything; `cutime` and `cstime` are the 16th and 17th, the name the second.
    const afterName = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(afterName[13]) + Number(afterName[14])) / ticks;
  } catch {
    return undefined;
  }
}
