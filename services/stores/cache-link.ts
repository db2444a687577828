import type { RedisClientOptions } from "@redis/client";
import type { CacheNodeAddress, CacheUrl } from "./cache-url.js";
import { redisClient } from "./redis-client.js";

/** The shared cache with all that is needed to be let in. */
export interface CacheServer extends CacheUrl {
  /** For `rediss`, in PEM; the system's certificate authorities where `ca` is left out. */
  certificates: {
    ca?: string | undefined;
    cert?: string | undefined;
    key?: string | undefined;
    /** The name that the server's certificate must bear, where it is not the host's. */
    serverName?: string | undefined;
  };
  /** Sentinels have a login of their own, or none. */
  sentinelLogin: { username: string | undefined; password: string | undefined };
}

export interface LinkOptions {
  server: CacheServer;
  /** Longest wait for one command. */
  timeoutMs: number;
  /** The node's connection is lost or cannot be made. The link goes on trying by itself. */
  onLost(node: string, error: unknown): void;
}

export type CacheReply = string | number | Buffer | null | CacheReply[];

/**
 * What differs between one server, Sentinel and Cluster. A node is a name that stands for whoever serves a part of the
 * keys. Connects by itself from the start, and again whenever it must.
 */
export interface CacheLink {
  /** Those that hold keys now. */
  nodes(): string[];
  /** The node that holds the key. */
  nodeOf(key: string): string;
  /** Rejects at once while the node is not connected; never queues for a connection. */
  send(key: string, args: readonly (string | Buffer)[], signal: AbortSignal): Promise<CacheReply>;
  /** As `send`, to a node, for what no key is named in. */
  sendTo(node: string, args: readonly string[], signal: AbortSignal): Promise<CacheReply>;
  /** Settles when the node answers, or at once when it is not connected. */
  ping(node: string): Promise<unknown>;
  /** The node has not answered for a while: looks whether another serves its keys now. */
  review(node: string): void;
  /** A node whose channels hear what is published at any. */
  listenAt(): Promise<CacheNodeAddress>;
  /** At once: an orderly goodbye would wait for the answers of a server that hangs. */
  close(): void;
}

/** Commands that may wait for a server that hangs; each may hold a picture. One more fails at once. */
const maxCommands = 1024;

/** A connection on which nothing has moved for this long is made anew: its other end may have vanished without a word. */
const silenceMs = 10_000;

/** Options of the Redis client that hold for every connection. */
export function clientOptions({ server, timeoutMs }: LinkOptions) {
  const { ca, cert, key, serverName } = server.certificates;
  const tls = {
    tls: true as const,
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(serverName && { servername: serverName }),
  };
  return {
    ...(server.username && { username: server.username }),
    ...(server.password && { password: server.password }),
    // Commands fail at once while the connection is down: the cache is soft, and nothing may queue up behind it.
    disableOfflineQueue: true,
    commandsQueueMaxLength: maxCommands,
    // node-redis makes strings by default, which damages binary values without a word.
    commandOptions: { typeMapping: { [redisClient().RESP_TYPES.BLOB_STRING]: Buffer } },
    socket: {
      ...(server.tls ? tls : {}),
      connectTimeout: Math.max(timeoutMs, 1000),
      socketTimeout: Math.max(silenceMs, 2 * timeoutMs),
    },
  } satisfies RedisClientOptions;
}

/** @returns how long to wait before the next try, from 50 ms to 1 s. */
export function reconnectMs(tries: number): number {
  return Math.min(50 * 2 ** tries, 1000);
}

export function addressOf({ host, port }: CacheNodeAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
