import { readFileSync } from "node:fs";

/** The kernel's pages of x86; where they are larger, a process is taken to need less than it does, and its limit by the kernel counts. */
const pageBytes = 4096;

/** Resident memory of another process; undefined where the system does not tell, or the process is gone. */
export function residentBytes(pid: number): number | undefined {
  try {
    // Size, then resident pages (proc(5)).
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]);
    return Number.isFinite(pages) ? pages * pageBytes : undefined;
  } catch {
    return undefined;
  }
}
