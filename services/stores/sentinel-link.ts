import { setTimeout as delay } from "node:timers/promises";
import type { ErrorReply } from "@redis/client";
import {
  addressOf,
  type CacheLink,
  type CacheReply,
  clientOptions,
  type LinkOptions,
  reconnectMs,
} from "./cache-link.js";
import type { CacheNodeAddress, CacheTopology } from "./cache-url.js";
import { endableClient } from "./endable-client.js";
import { redisClient } from "./redis-client.js";

type Endable = ReturnType<typeof endableClient>;

/**
 * The master that Sentinels name, found anew whenever its connection ends or it stops answering. Follows the Redis
 * project's guide for clients: ask the Sentinels in turn, then ask the server itself for its role. Not the client
 * library's own, which repeats a command until there is a master, however long, and writes to the console meanwhile.
 */
export class SentinelLink implements CacheLink {
  readonly #options: LinkOptions;
  readonly #name: string;
  readonly #closing = new AbortController();
  #sentinels: CacheNodeAddress[];
  #master: (Endable & { readonly address: CacheNodeAddress }) | undefined;
  /** Those that have not ended. */
  readonly #opened = new Set<Endable>();

  constructor({ sentinels, master }: Extract<CacheTopology, { kind: "sentinel" }>, options: LinkOptions) {
    this.#options = options;
    this.#name = master;
    this.#sentinels = sentinels;
    void this.#stayConnected();
  }

  nodes = () => [this.#name];

  nodeOf = () => this.#name;

  sendTo(_node: string, args: readonly string[], abortSignal: AbortSignal): Promise<CacheReply> {
    return this.send("", args, abortSignal);
  }

  send(_key: string, args: readonly (string | Buffer)[], abortSignal: AbortSignal): Promise<CacheReply> {
    const master = this.#master;
    if (!master) return Promise.reject(new (redisClient().ClientOfflineError)());
    const answer = master.client.sendCommand<CacheReply & {}>(args, { abortSignal });
    answer.catch((error: ErrorReply) => {
      // It was made a replica.
      if (error.message?.startsWith("READONLY")) master.end();
    });
    return answer;
  }

  ping(): Promise<unknown> {
    return this.#master
      ? this.#master.client.sendCommand(["PING"])
      : Promise.reject(new (redisClient().ClientOfflineError)());
  }

  review(): void {
    const master = this.#master;
    if (!master) return;
    this.#askForMaster().then(
      ({ host, port }) => {
        if (host !== master.address.host || port !== master.address.port) master.end();
      },
      () => {},
    );
  }

  async listenAt(): Promise<CacheNodeAddress> {
    return this.#master?.address ?? this.#askForMaster();
  }

  close(): void {
    this.#closing.abort();
    for (const one of this.#opened) one.end();
  }

  async #stayConnected(): Promise<void> {
    const { signal } = this.#closing;
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        await this.#connectOnce(() => {
          tries = 0;
        });
      } catch (error) {
        this.#options.onLost(this.#name, error);
      }
      await delay(reconnectMs(tries), undefined, { signal }).catch(() => {});
    }
  }

  /** Resolves or rejects when the connection to the master has ended. */
  async #connectOnce(onConnected: () => void): Promise<void> {
    const address = await this.#askForMaster();
    const base = clientOptions(this.#options);
    const { client, end } = this.#open({
      ...base,
      database: this.#options.server.database,
      socket: { ...base.socket, ...address },
    });
    const ended = new Promise<unknown>((resolve) => client.once("error", resolve).once("end", resolve));
    try {
      await client.connect();
      const [role] = await client.sendCommand<[Buffer]>(["ROLE"]);
      if (String(role) !== "master") throw new Error(`${addressOf(address)} is no master yet`);
      if (this.#closing.signal.aborted) return;
      this.#master = { client, end, address };
      onConnected();
      throw (await ended) ?? new Error(`the connection to ${addressOf(address)} has ended`);
    } finally {
      this.#master = undefined;
      end();
    }
  }

  /** The first Sentinel that knows the master; it is asked first the next time. */
  async #askForMaster(): Promise<CacheNodeAddress> {
    let cause: unknown;
    for (const sentinel of this.#sentinels) {
      if (this.#closing.signal.aborted) break;
      try {
        const master = await this.#ask(sentinel);
        this.#sentinels = [sentinel, ...this.#sentinels.filter((one) => one !== sentinel)];
        return master;
      } catch (error) {
        cause = error;
      }
    }
    throw new Error(`no Sentinel knows the master ${this.#name}`, { cause });
  }

  async #ask(sentinel: CacheNodeAddress): Promise<CacheNodeAddress> {
    const { timeoutMs, server } = this.#options;
    const base = clientOptions({ ...this.#options, server: { ...server, ...server.sentinelLogin } });
    const { client, end } = this.#open({
      ...base,
      // A Sentinel that hangs must not keep us from the next.
      socket: { ...base.socket, ...sentinel, socketTimeout: Math.max(timeoutMs, 1000) },
    });
    try {
      await client.connect();
      const reply = await client.sendCommand<[Buffer, Buffer] | null>([
        "SENTINEL",
        "GET-MASTER-ADDR-BY-NAME",
        this.#name,
      ]);
      if (!reply) throw new Error(`the Sentinel at ${addressOf(sentinel)} knows no master ${this.#name}`);
      return { host: String(reply[0]), port: Number(reply[1]) };
    } finally {
      end();
    }
  }

  #open(options: Parameters<typeof endableClient>[0]): Endable {
    const { client, end } = endableClient(options);
    const opened = {
      client,
      end: () => {
        this.#opened.delete(opened);
        end();
      },
    };
    this.#opened.add(opened);
    if (this.#closing.signal.aborted) opened.end();
    return opened;
  }
}
