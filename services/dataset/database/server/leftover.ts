import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf } from "../../../runtime/error-code.js";

const lookMs = 50;
/** A server stops fast within that, or is ended by force. */
const patienceMs = 15_000;

/**
 * Waits for the end of a server whose owner is gone, as it may still be stopping; a file that says that there is one is taken away when
 * there is not: its number is another process's by now, and PostgreSQL would believe it.
 * @param data its files' folder, that only the caller uses.
 */
export async function endLeftover(data: string): Promise<void> {
  const file = join(data, "postmaster.pid");
  const pid = pidIn(file);
  if (pid === undefined) return;
  const until = performance.now() + patienceMs;
  while (isServerOf(data, pid)) {
    send(pid, performance.now() < until ? "SIGINT" : "SIGKILL");
    await sleep(lookMs);
  }
  rmSync(file, { force: true });
}

function pidIn(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, "utf8"), 10);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isServerOf(data: string, pid: number): boolean {
  return commandOf(pid).includes(data);
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch (error) {
    if (codeOf(error) !== "ENOENT" || process.platform === "linux") return "";
    return spawnSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" }).stdout;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by now.
  }
}
