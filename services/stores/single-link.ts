import {
  addressOf,
  type CacheLink,
  type CacheReply,
  clientOptions,
  type LinkOptions,
  reconnectMs,
} from "./cache-link.js";
import type { CacheNodeAddress } from "./cache-url.js";
import { endableClient } from "./endable-client.js";

/** One server; the client connects again by itself. */
export function openSingleLink(address: CacheNodeAddress, options: LinkOptions): CacheLink {
  const name = addressOf(address);
  const base = clientOptions(options);
  const { client, end } = endableClient(
    {
      ...base,
      database: options.server.database,
      socket: { ...base.socket, host: address.host, port: address.port },
    },
    reconnectMs,
  );
  client.on("error", (error) => options.onLost(name, error));
  // Begun here and awaited nowhere: a cache that is down at start must not keep the service down. "error" tells.
  client.connect().catch(() => {});
  return {
    nodes: () => [name],
    nodeOf: () => name,
    send: (_key, args, abortSignal) => client.sendCommand<CacheReply & {}>(args, { abortSignal }),
    sendTo: (_node, args, abortSignal) => client.sendCommand<CacheReply & {}>(args, { abortSignal }),
    ping: () => client.sendCommand(["PING"]),
    review: () => {},
    listenAt: async () => address,
    close: end,
  };
}
