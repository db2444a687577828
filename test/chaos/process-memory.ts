import { readFileSync, writeFileSync } from "node:fs";

/** The most memory that a process held at once since `forgetPeak`, in bytes; undefined where the system does not say. */
export function peakBytes(pid: number): number | undefined {
  try {
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kib === undefined ? undefined : Number(kib) * 1024;
  } catch {
    return undefined;
  }
}

/** The peak starts again at what the process holds now. */
export function forgetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
  } catch {
    // The peak since the process's start is a bound too.
  }
}
