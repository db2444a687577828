import type { createClient, RedisClientOptions } from "@redis/client";
import { redisClient } from "./redis-client.js";

/** The library's client, which connects when it is told to. */
type RedisClient = ReturnType<typeof createClient>;

export interface EndableClient {
  readonly client: RedisClient;
  /** At once. Of no effect when it has ended by itself. */
  readonly end: () => void;
}

/**
 * A client that can be ended at any moment. Its own `destroy` forgets a connection that is just being made, which would then stay, and
 * keep the process, until it has been silent for too long: that one ends as soon as it is there.
 * @param pauseMs before each try to connect again; left out, it does not.
 */
export function endableClient(options: RedisClientOptions, pauseMs?: (tries: number) => number): EndableClient {
  let isConnected = false;
  let isOver = false;
  const reconnectStrategy = (tries: number) => (isOver || !pauseMs ? false : pauseMs(tries));
  const socket = { ...options.socket, reconnectStrategy };
  const client = redisClient().createClient({ ...options, socket } as RedisClientOptions) as unknown as RedisClient;
  const end = () => {
    isOver = true;
    if (isConnected && client.isOpen) client.destroy();
  };
  client.on("connect", () => {
    isConnected = true;
    // What it asks of the server first is on its way then, and fails; asked of one that has ended it would wait for ever.
    if (isOver) queueMicrotask(end);
  });
  client.on("reconnecting", () => {
    isConnected = false;
  });
  client.on("error", () => {});
  return { client, end };
}
