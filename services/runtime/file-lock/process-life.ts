import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { codeOf } from "../error-code.js";

/** What tells a process from every other one, those that have its number later among them. */
export interface ProcessLife {
  readonly pid: number;
  /** Where its number means it: a machine since it was started, and in that a container. */
  readonly place: string;
  /** In ticks of that machine's clock, or a word where the system does not tell. */
  readonly started: string;
}

type Liveliness = "alive" | "dead" | "unknown";

export const thisLife = (): ProcessLife => ({ pid: process.pid, place: placeOf(), started: startOf(process.pid) });

/** Whether another process still lives, as far as it can be told from here: of another machine's or container's it cannot. */
export function livelinessOf({ pid, place, started }: ProcessLife): Liveliness {
  if (place !== placeOf()) return "unknown";
  const now = startOf(pid);
  if (now !== untold) return now === started ? "alive" : "dead";
  return isThere(pid) ? "unknown" : "dead";
}

const untold = "untold";

/** A machine that is started again gives the same numbers anew, and a container that is has another space of them. */
function placeOf(): string {
  try {
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return hostname();
  }
}

/** Fields 3 and 22 of /proc/PID/stat (proc(5)); the name before them may hold anything. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // It has ended, and nobody has asked how yet.
    return state === "Z" ? "ended" : (fields[18] ?? untold);
  } catch {
    return untold;
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}
