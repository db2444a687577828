import KeyvRedis from "@keyv/redis";
import { createClient, RESP_TYPES } from "@redis/client";
import { KeyvStore, type KeyvStoreOptions } from "./keyv-store.js";

/** Commands that may wait for a server that hangs; each may hold a picture. One more fails at once. */
const maxCommands = 1024;

/**
 * A store in Redis or Valkey, shared by every process that uses the same URL. Bounds and eviction are the server's
 * (`maxmemory`). Connects by itself, and again when the connection is lost.
 */
export function createRedisStore(url: string, options: KeyvStoreOptions): KeyvStore {
  const client = createClient({
    url,
    // Commands fail at once while the connection is down: the cache is soft, and nothing may queue up behind it.
    disableOfflineQueue: true,
    commandsQueueMaxLength: maxCommands,
    socket: { connectTimeout: options.timeoutMs, reconnectStrategy: (tries) => Math.min(100 * 2 ** tries, 2000) },
  });
  client.on("error", (error) => options.events.onError("connect", error));
  client.on("ready", () => options.events.onAnswer?.());
  // Begun here and awaited nowhere: a cache that is down at start must not keep the service down.
  client.connect().catch((error) => options.events.onError("connect", error));
  // node-redis makes strings by default, which damages binary values without a word.
  const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const backend = new KeyvRedis(binary as never, { throwOnErrors: true, throwOnConnectError: true });
  return new KeyvStore(backend, {
    ...options,
    // At once: an orderly goodbye would wait for the answers of a server that hangs.
    disconnect: () => {
      if (client.isOpen) client.destroy();
    },
  });
}
