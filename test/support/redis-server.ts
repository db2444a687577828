import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, RESP_TYPES } from "@redis/client";
import { freePort } from "../../services/runtime/testing/free-port.js";
import { Child } from "./child.js";
import { findRedisServer } from "./programs.js";

/** A Redis of our own on a free port of the loopback, empty, keeping nothing on disk. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #child: Child;
  readonly #folder: string;

  private constructor(port: number, child: Child, folder: string) {
    this.port = port;
    this.#child = child;
    this.#folder = folder;
  }

  /**
   * @param port for one that comes back where another was. @param addresses beside the loopback's. @param more of its options.
   * @throws Error when no server program is installed.
   */
  static async start(
    port?: number,
    addresses: readonly string[] = [],
    more: readonly string[] = [],
  ): Promise<RedisServer> {
    const program = findRedisServer();
    if (!program) throw new Error("redis-server is not installed");
    const listen = port ?? (await freePort());
    const folder = await mkdtemp(join(tmpdir(), "maskwire-redis-"));
    const options = [
      "--bind",
      "127.0.0.1",
      ...addresses,
      // Otherwise it answers to nobody from beyond the loopback.
      "--protected-mode",
      addresses.length > 0 ? "no" : "yes",
      "--port",
      String(listen),
      "--save",
      "",
      "--appendonly",
      "no",
      "--dir",
      folder,
      ...more,
    ];
    const child = new Child(program, options, { env: { PATH: process.env.PATH ?? "" } });
    const server = new RedisServer(listen, child, folder);
    try {
      await child.line(/Ready to accept connections/);
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Changes settings while it runs. */
  async configure(settings: Readonly<Record<string, string>>): Promise<void> {
    await this.#with((client) => client.configSet({ ...settings }));
  }

  /** A figure of the server's own report, 0 when it has none of that name. */
  async figure(name: string): Promise<number> {
    const text = await this.#with((client) => client.info("everything"));
    return Number(new RegExp(`^${name}:(?:count=)?(\\d+)`, "m").exec(text)?.[1] ?? 0);
  }

  /** What the server holds. */
  keys(): Promise<string[]> {
    return this.#with((client) => client.keys("*"));
  }

  /** Its figures: INFO's fields by name. */
  async info(): Promise<Record<string, string>> {
    const text = await this.#with((client) => client.info());
    return Object.fromEntries(text.split("\r\n").flatMap((line) => (line.includes(":") ? [line.split(":", 2)] : [])));
  }

  async flush(): Promise<void> {
    await this.#with((client) => client.flushAll());
  }

  /** Removes every key that contains the text. @returns how many. */
  async remove(text: string): Promise<number> {
    return this.#with(async (client) => {
      const found = await client.keys(`*${text}*`);
      return found.length === 0 ? 0 : client.del(found);
    });
  }

  /** Replaces the value of every key that contains the text. @returns how many. */
  async rewrite(text: string, change: (value: Buffer) => Buffer): Promise<number> {
    return this.#with(async (client) => {
      const found = await client.keys(`*${text}*`);
      const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
      for (const key of found) {
        const value = await binary.get(key);
        if (value) await client.set(key, change(value as unknown as Buffer));
      }
      return found.length;
    });
  }

  /** Halts the process without ending it: connections stay, answers stop. */
  pause(): void {
    this.#child.signal("SIGSTOP");
  }

  resume(): void {
    this.#child.signal("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #with<T>(use: (client: ReturnType<typeof createClient>) => Promise<T>): Promise<T> {
    const client = createClient({ url: this.url });
    await client.connect();
    try {
      return await use(client as ReturnType<typeof createClient>);
    } finally {
      client.destroy();
    }
  }
}
