import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "../../runtime/testing/free-port.js";

/** The Redis or Valkey server program on the PATH, if any: Debian's package redis-server has one. */
export function findRedisServer(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const paths = ["redis-server", "valkey-server"].flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Arguments of a master that lets a replica begin at once: it waits for others for seconds otherwise. */
export const quickSync = ["--repl-diskless-sync-delay", "0"];

interface RedisServerOptions {
  /** Further arguments of the program. */
  args?: string[];
  /** Lines of its configuration file: makes it a Sentinel, which keeps its state there. */
  sentinel?: string[];
}

/** A Redis of our own, in memory only, on a free loopback port that it keeps over `stop` and `start`. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #program: string;
  readonly #folder: string;
  readonly #options: RedisServerOptions;
  #child: ChildProcess | undefined;

  private constructor(program: string, port: number, folder: string, options: RedisServerOptions) {
    this.#program = program;
    this.port = port;
    this.#folder = folder;
    this.#options = options;
  }

  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const program = findRedisServer();
    if (!program) throw new Error("no redis-server is installed");
    const folder = await mkdtemp(join(tmpdir(), "maskwire-redis-"));
    const server = new RedisServer(program, await freePort(), folder, options);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    const { args = [], sentinel } = this.#options;
    const config = join(this.#folder, "redis.conf");
    await writeFile(config, (sentinel ?? ['save ""']).join("\n"));
    const own = ["--bind", "127.0.0.1", "--port", String(this.port), "--dir", this.#folder];
    const child = spawn(this.#program, [config, ...own, ...args, ...(sentinel ? ["--sentinel"] : [])], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#child = child;
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (/Ready to accept connections|Sentinel ID is/.test(line)) return void child.stdout.resume();
    }
    throw new Error(`redis-server ended before it was ready:\n${lines.join("\n")}`);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null) return;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  }

  /** Halts it without ending it: connections stay, answers stop. */
  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
