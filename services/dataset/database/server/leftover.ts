import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf } from "../../../runtime/error-code.js";

const lookMs = 50;
/** A server stops fast within that, or is ended by force. */
const patienceMs = 15_000;

/**
 * Waits for the end of a server whose owner is gone, as it may still be stopping; a file that says that there is one is taken away when
 * there is not: its number is another process's by now, and PostgreSQL would believe it.
 * @param data its files' folder, that only the caller uses. @returns false when it is still there: one that answers, whose process
 * cannot be seen from here, is in another container.
 */
export async function endLeftover(data: string, mostMs = patienceMs): Promise<boolean> {
  const file = join(data, "postmaster.pid");
  const found = serverIn(file);
  if (!found) return true;
  const until = performance.now() + mostMs;
  while (isServerOf(data, found.pid)) {
    send(found.pid, performance.now() < until ? "SIGINT" : "SIGKILL");
    await sleep(lookMs);
  }
  while (await answers(found.socket)) {
    if (performance.now() >= until) return false;
    await sleep(lookMs);
  }
  rmSync(file, { force: true });
  return true;
}

/** Lines 1, 4 and 5 of its file: https://www.postgresql.org/docs/current/storage-file-layout.html */
function serverIn(file: string): { pid: number; socket: string } | undefined {
  try {
    const [first = "", , , port, folder = ""] = readFileSync(file, "utf8").split("\n");
    const pid = Number.parseInt(first, 10);
    return pid > 0 ? { pid, socket: folder && join(folder, `.s.PGSQL.${port}`) } : undefined;
  } catch {
    return undefined;
  }
}

/** Sockets work between the containers of a machine that share their folder. */
async function answers(socket: string): Promise<boolean> {
  if (socket === "") return false;
  const connection = connect(socket);
  try {
    await once(connection, "connect");
    return true;
  } catch {
    return false;
  } finally {
    connection.destroy();
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
