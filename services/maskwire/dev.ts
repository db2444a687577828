import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { watch } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../runtime/project-root.js";
import { stopSignal } from "./stop-signal.js";

/*
 * `npm run dev`: compiles what changes and starts the server again with it; the web client is built for the next reload of
 * its page. The contract in proto/ is generated once, at the start. Node's own --watch follows the main thread's imports
 * only, not those of the workers; --watch-path is not for Linux.
 */

const dist = join(projectRoot, "dist");
/** A change of these is no reason to start the server again. */
const notServed = /^(site|docs|web-client|test)\b|\.test\.js$/;
/** A compilation writes its files one after the other. */
const settleMs = 300;

const say = (line: string) => void process.stderr.write(`dev: ${line}\n`);

/** In a group of its own: Ctrl-C reaches this process alone, and every child is told to stop once, with its children. */
function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, args, { cwd: projectRoot, stdio: ["ignore", "inherit", "inherit"], detached: true });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  // TypeScript's own process is a child of the one started here, and does not end with it.
  if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
  await exited;
}

/** The server; `again` waits for the one before, which has the port. */
class Server {
  #child: ChildProcess | undefined;
  #turn: Promise<void> = Promise.resolve();
  #wanted = true;

  again(): void {
    this.#turn = this.#turn.then(async () => {
      if (this.#child) await end(this.#child);
      if (!this.#wanted) return;
      const child = start(join(dist, "services", "maskwire", "index.js"));
      child.once("exit", (code) => {
        if (code) say(`the server stopped with exit code ${code}; it starts again with the next change`);
      });
      this.#child = child;
    });
  }

  async stop(): Promise<void> {
    this.#wanted = false;
    await this.#turn;
    if (this.#child) await end(this.#child);
  }
}

const modules = join(projectRoot, "node_modules");
const builders = [
  start(join(modules, "typescript", "bin", "tsc"), "-b", "--watch", "--preserveWatchOutput"),
  start(join(modules, "vite", "bin", "vite.js"), "build", "web-client", "--watch", "--logLevel", "warn"),
];
const server = new Server();
server.again();

let settling: NodeJS.Timeout | undefined;
const watcher = watch(dist, { recursive: true }, (_event, name) => {
  if (!name?.endsWith(".js") || notServed.test(name)) return;
  clearTimeout(settling);
  settling = setTimeout(() => {
    say("the code has changed; starting the server again");
    server.again();
  }, settleMs);
});

await stopSignal(() => process.exit(1));
watcher.close();
clearTimeout(settling);
await Promise.all([server.stop(), ...builders.map(end)]);
