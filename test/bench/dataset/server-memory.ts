import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What a server and its children take of memory, in MiB, what they share counted once; undefined where the system does not say. */
export function serverMemory(data: string): number | undefined {
  try {
    const server = Number.parseInt(readFileSync(join(data, "postmaster.pid"), "utf8"), 10);
    const pids = [
      server,
      ...readdirSync("/proc")
        .map(Number)
        .filter((pid) => parentOf(pid) === server),
    ];
    return pids.reduce((sum, pid) => sum + sharePss(pid), 0) / 1024;
  } catch {
    return undefined;
  }
}

function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return 0;
  }
}

/** KiB. One that ends meanwhile has none. */
function sharePss(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
