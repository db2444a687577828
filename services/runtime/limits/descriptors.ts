import { readFileSync } from "node:fs";

/** Where the system does not say: what Node itself asks for at its start is mostly more. */
const usual = 8192;

/**
 * Descriptors that this process may have open; Node has raised it to what its parent allows. Asked at the start: once they are all open
 * nothing can be read any more.
 */
export function mostDescriptors(readLimits: () => string = () => readFileSync("/proc/self/limits", "utf8")): number {
  try {
    const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(readLimits()) ?? [];
    return soft === "unlimited" ? Number.MAX_SAFE_INTEGER : soft === undefined ? usual : Number(soft);
  } catch {
    return usual;
  }
}
