import { setTimeout as delay } from "node:timers/promises";
import { type CacheLink, clientOptions, type LinkOptions, reconnectMs } from "./cache-link.js";
import { type EndableClient, endableClient } from "./endable-client.js";
import { redisClient } from "./redis-client.js";

/** Who wants to know what is published on a channel. Neither may throw. */
export interface Follower {
  onMessage(message: string): void;
  /** The state has changed, or a node was lost: what was published meanwhile may not have been heard. */
  onChange(): void;
}

export interface Following {
  /** "opening" until it is known whether there is a subscription; "deaf" while there is none. */
  readonly state: "opening" | "listening" | "deaf";
  close(): void;
}

interface Channel {
  state: Following["state"];
  /** A SUBSCRIBE is under way: another for the same channel, or its end, waits until that is answered. */
  isAsking: boolean;
  readonly followers: Set<Follower>;
}

/** Between pings: nothing else need move on a connection that listens, and one on which nothing moves is given up. */
const listenerPingMs = 2000;

/** A connection that nobody listens by is closed after this long. */
const idleMs = 5_000;

/**
 * What is published in the shared cache. All followers of the process share one connection, apart from that of the
 * commands: it is made for the first of them, made again while there are any, and closed when there have been none for a
 * while. In a Cluster any node will do, since each passes on what is published at another. Channels know no database: who
 * shares a server and a namespace hears the others. A message comes whole, however long; the server's own limit
 * for subscribers (`client-output-buffer-limit pubsub`, 32 MB unless set) bounds it.
 */
export class CacheNews {
  readonly #link: Pick<CacheLink, "listenAt">;
  readonly #options: LinkOptions;
  readonly #channels = new Map<string, Channel>();
  readonly #closing = new AbortController();
  #connected: EndableClient | undefined;
  #isConnecting = false;
  /** Why a new channel need not be waited for: the last try failed, or the cache's user may not subscribe. */
  #fault: "lost" | "refused" | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(link: Pick<CacheLink, "listenAt">, options: LinkOptions) {
    this.#link = link;
    this.#options = options;
  }

  /** Connects for it if need be; never throws. */
  follow(name: string, follower: Follower): Following {
    const isClosed = this.#closing.signal.aborted;
    const channel = this.#channels.get(name) ?? {
      state: this.#fault || isClosed ? "deaf" : "opening",
      isAsking: false,
      followers: new Set<Follower>(),
    };
    const isNew = !this.#channels.has(name);
    channel.followers.add(follower);
    if (isNew && !isClosed) {
      clearTimeout(this.#idle);
      this.#channels.set(name, channel);
      if (this.#connected) void this.#subscribe(this.#connected, [name]);
      else if (!this.#isConnecting && this.#fault !== "refused") void this.#stayConnected();
    }
    return {
      get state() {
        return channel.state;
      },
      close: () => {
        if (channel.followers.delete(follower)) this.#leave(name, channel);
      },
    };
  }

  /** A node of the cache was lost. It may be the one that is listened to: another is looked for. */
  nodeLost(): void {
    if (this.#connected) this.#connected.end();
    else for (const channel of this.#channels.values()) tell(channel);
  }

  /** At once, and for ever. */
  close(): void {
    this.#closing.abort();
    clearTimeout(this.#idle);
    for (const channel of this.#channels.values()) change(channel, "deaf");
  }

  async #stayConnected(): Promise<void> {
    this.#isConnecting = true;
    for (let tries = 0; this.#isWanted(); tries++) {
      const wasConnected = await this.#connectOnce().catch(() => false);
      if (wasConnected) tries = 0;
      if (!this.#isWanted()) break;
      await delay(reconnectMs(tries), undefined, { signal: this.#closing.signal }).catch(() => {});
    }
    this.#isConnecting = false;
    if (this.#channels.size === 0) this.#fault = undefined;
  }

  #isWanted(): boolean {
    return this.#channels.size > 0 && !this.#closing.signal.aborted && this.#fault !== "refused";
  }

  /** Resolves when the connection has ended. @returns whether there was one. */
  async #connectOnce(): Promise<boolean> {
    const { signal } = this.#closing;
    let opened: EndableClient | undefined;
    const onClose = () => opened?.end();
    signal.addEventListener("abort", onClose);
    try {
      const address = await this.#link.listenAt();
      if (signal.aborted) return false;
      const base = clientOptions(this.#options);
      opened = endableClient({
        ...base,
        pingInterval: listenerPingMs,
        socket: { ...base.socket, ...address },
      });
      const { client } = opened;
      const ended = new Promise((resolve) => client.once("error", resolve).once("end", resolve));
      await client.connect();
      if (signal.aborted) return false;
      this.#fault = undefined;
      this.#connected = opened;
      if (this.#channels.size > 0) void this.#subscribe(opened, [...this.#channels.keys()]);
      else this.#closeWhenIdle(opened);
      await ended;
      return true;
    } finally {
      signal.removeEventListener("abort", onClose);
      this.#connected = undefined;
      opened?.end();
      this.#fault ??= "lost";
      for (const [name, channel] of this.#channels) {
        channel.isAsking = false;
        if (channel.followers.size === 0) this.#channels.delete(name);
        else change(channel, "deaf");
      }
    }
  }

  async #subscribe(connected: EndableClient, names: string[]): Promise<void> {
    const asked = names.flatMap((name) => {
      const channel = this.#channels.get(name);
      return channel ? [{ name, channel }] : [];
    });
    for (const { channel } of asked) channel.isAsking = true;
    try {
      await connected.client.subscribe(names, this.#hear);
    } catch (error) {
      // Asked again it would refuse again.
      if (error instanceof redisClient().ErrorReply && error.message.startsWith("NOPERM")) this.#fault = "refused";
      connected.end();
      return;
    }
    if (connected !== this.#connected) return;
    for (const { name, channel } of asked) {
      channel.isAsking = false;
      if (channel.followers.size === 0) this.#leave(name, channel, "listening");
      else change(channel, "listening");
    }
  }

  readonly #hear = (message: string, name: string): void => {
    for (const follower of this.#channels.get(name)?.followers ?? []) follower.onMessage(message);
  };

  #leave(name: string, channel: Channel, state = channel.state): void {
    if (channel.followers.size > 0 || channel.isAsking || this.#channels.get(name) !== channel) return;
    this.#channels.delete(name);
    const connected = this.#connected;
    if (connected && state === "listening") {
      connected.client.unsubscribe(name, this.#hear).catch(() => connected.end());
    }
    if (this.#channels.size > 0) return;
    if (connected) this.#closeWhenIdle(connected);
    else if (!this.#isConnecting) this.#fault = undefined;
  }

  #closeWhenIdle({ end }: EndableClient): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(end, idleMs).unref();
  }
}

function change(channel: Channel, state: Channel["state"]): void {
  if (channel.state === state) return;
  channel.state = state;
  tell(channel);
}

function tell({ followers }: Channel): void {
  for (const follower of [...followers]) follower.onChange();
}
