import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Account } from "./account.js";

/** How a program of PostgreSQL's is run. */
export interface Running {
  readonly bin: string;
  readonly libraries: readonly string[];
  readonly account: Account | undefined;
  /** One that whoever it runs as may be in. */
  readonly cwd: string;
}

/**
 * Runs a server until its standard input ends: that is this process's end of a pipe, which the system closes however this process
 * ends. The server stops fast then: it ends its sessions, and keeps what was committed. macOS takes the variable for libraries away
 * from its own shell, so that it comes under another name.
 */
const keeper = `
test -z "$LIBRARIES" || export LD_LIBRARY_PATH="$LIBRARIES" DYLD_LIBRARY_PATH="$LIBRARIES"
exec 3<&0
"$@" 3<&- </dev/null &
server=$!
( while read -r _ <&3; do :; done; kill -INT "$server" 2>/dev/null ) &
watcher=$!
exec 3<&- </dev/null
wait "$server"
code=$?
kill "$watcher" 2>/dev/null
exit "$code"
`;

type Child = ChildProcessByStdio<Writable, null, Readable>;

/** A server as a child process. */
export interface RunningServer {
  /** Its exit code, or undefined where a signal ended it. */
  readonly ended: Promise<number | undefined>;
  /** Fast, and in order. */
  stop(): void;
  /** At once: what was committed is found again when it starts next. */
  kill(): void;
}

/**
 * @param onLine of what it logs. @param unwanted ends one that does not take connections yet. @returns when it takes connections. @throws Error with what it said last when it ends before that.
 */
export async function startServer(
  running: Running,
  parameters: readonly string[],
  onLine: (line: string) => void,
  unwanted?: AbortSignal,
): Promise<RunningServer> {
  const child: Child = spawn("/bin/sh", ["-c", keeper, "keeper", `${running.bin}/postgres`, ...parameters], {
    ...options(running),
    // Signals of a terminal are for whoever started it: the server goes last.
    detached: true,
    stdio: ["pipe", "ignore", "pipe"],
  });
  // One that cannot be started has neither pipes nor an end, and is told of here.
  await once(child, "spawn");
  // It may end before it has read that it shall.
  child.stdin.on("error", () => {});
  const ended = new Promise<number | undefined>((resolve) => {
    child.once("exit", (code) => resolve(code ?? undefined));
  });
  const kill = () => signal(child, "SIGKILL");
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      said.push(line);
      if (said.length > 10) said.shift();
      onLine(line);
      if (line.includes("database system is ready to accept connections")) resolve();
    });
    // With its last words, which come after its end.
    child.once("close", () => reject(new Error(said.join("\n"))));
    unwanted?.addEventListener("abort", kill);
    if (unwanted?.aborted) kill();
  }).finally(() => unwanted?.removeEventListener("abort", kill));
  return {
    ended,
    stop: () => child.stdin.end(),
    kill,
  };
}

/** To it and all that it started. */
function signal({ pid }: Child, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name);
  } catch {
    // It has ended.
  }
}

/** Runs a program to its end. @throws Error with what it said when it fails. */
export async function runProgram(running: Running, name: string, args: readonly string[]): Promise<void> {
  const script = 'export LD_LIBRARY_PATH="$LIBRARIES" DYLD_LIBRARY_PATH="$LIBRARIES"; exec "$@"';
  const child = spawn("/bin/sh", ["-c", script, "run", `${running.bin}/${name}`, ...args], {
    ...options(running),
    stdio: ["ignore", "ignore", "pipe"],
  });
  await once(child, "spawn");
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(said.trim() || `${name} ended with exit code ${String(code)}`);
}

function options({ account, cwd, libraries }: Running) {
  const { PATH = "/usr/bin:/bin", TZ } = process.env;
  const env = { PATH, LC_ALL: "C", LIBRARIES: libraries.join(":"), ...(TZ === undefined ? {} : { TZ }) };
  return { cwd, env, ...(account && { uid: account.uid, gid: account.gid }) };
}
