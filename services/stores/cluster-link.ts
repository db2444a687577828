import calculateSlot from "cluster-key-slot";
import {
  addressOf,
  type CacheLink,
  type CacheReply,
  clientOptions,
  type LinkOptions,
  reconnectMs,
} from "./cache-link.js";
import type { CacheNodeAddress } from "./cache-url.js";
import { redisClient } from "./redis-client.js";

/** Stands for the whole Cluster until one of its nodes has told which there are. */
const unknown = "cluster";

/** A Cluster: each master holds a share of the keys, and is up or down by itself. */
export function openClusterLink(addresses: CacheNodeAddress[], options: LinkOptions): CacheLink {
  const { commandOptions, ...base } = clientOptions(options);
  const cluster = redisClient().createCluster({
    rootNodes: addresses.map(({ host, port }) => ({ socket: { host, port } })),
    defaults: { ...base, socket: { ...base.socket, reconnectStrategy: reconnectMs } },
    commandOptions,
    // A master that is down at start would keep the others waiting.
    minimizeConnections: true,
  });
  let isClosed = false;
  let connecting: NodeJS.Timeout | undefined;
  cluster.on("error", (error) => options.onLost(unknown, error));
  cluster.on("node-error", (error, node: CacheNodeAddress) => options.onLost(addressOf(node), error));
  const connect = (tries: number) => {
    cluster.connect().catch(() => {
      // "error" has told. The client itself does not try again.
      if (!isClosed) connecting = setTimeout(() => connect(tries + 1), reconnectMs(tries));
    });
  };
  connect(0);

  const nodeOf = (key: string) => cluster.slots[calculateSlot(key)]?.master;
  const offline = () => Promise.reject(new (redisClient().ClientOfflineError)());
  const sendTo = async (name: string, args: readonly string[], abortSignal?: AbortSignal) => {
    const node = cluster.masters.find((master) => addressOf(master) === name);
    if (!node) return offline();
    const client = await cluster.nodeClient(node);
    return client.sendCommand<CacheReply & {}>(args, abortSignal && { abortSignal });
  };
  return {
    nodes: () => (cluster.masters.length === 0 ? [unknown] : cluster.masters.map(addressOf)),
    nodeOf: (key) => {
      const node = nodeOf(key);
      return node ? addressOf(node) : unknown;
    },
    send: (key, args, abortSignal) =>
      nodeOf(key) ? cluster.sendCommand<CacheReply & {}>(key, false, args as never, { abortSignal }) : offline(),
    sendTo,
    ping: (name) => sendTo(name, ["PING"]),
    review: (name) => {
      // The client asks anew only when a node says that a key has moved, and a node that is gone says nothing.
      const other = cluster.masters.find((master) => addressOf(master) !== name && master.client?.isReady);
      if (other?.client) cluster._slots.rediscover(other.client as never).catch(() => {});
    },
    listenAt: async () => {
      const { masters } = cluster;
      const ready = masters.filter(({ client }) => client?.isReady);
      const from: CacheNodeAddress[] = [ready, masters].find((nodes) => nodes.length > 0) ?? addresses;
      const { host, port } = from[Math.floor(Math.random() * from.length)] as CacheNodeAddress;
      return { host, port };
    },
    close: () => {
      isClosed = true;
      clearTimeout(connecting);
      cluster.destroy();
    },
  };
}
