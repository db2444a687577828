import { joinInSteps } from "../runtime/in-steps.js";
import type { CacheReply, CacheServer, LinkOptions } from "./cache-link.js";
import { CacheNews, type Follower, type Following } from "./cache-news.js";
import { CacheNode } from "./cache-node.js";
import type { BreakerState } from "./circuit-breaker.js";
import { openLink } from "./open-link.js";

interface CacheConnectionOptions {
  server: CacheServer;
  /** Longest wait for one command. */
  timeoutMs: number;
  /** A node is there (closed), or commands for it are no longer sent (open), or it is being tried (half-open). */
  onNode?(node: string, state: BreakerState, error: unknown): void;
}

/**
 * The client joins an answer's bytes in one go: of more of them the event loop would notice. What is no larger than most
 * embeddings comes in one piece all the same, for one way there and back.
 */
const pieceBytes = 1024 * 1024;
const wholeBytes = 4 * 1024 * 1024;

// `pcall`: where the user may not publish, the key changes all the same.
const deleteIfEqual =
  "if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end redis.call('del', KEYS[1]) redis.pcall('publish', KEYS[1], '') return 1";
const setAndTell =
  "redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2]) redis.pcall('publish', ARGV[3], ARGV[1]) return 1";
const addWithin =
  "if ARGV[1] == '0' and redis.call('exists', KEYS[1]) == 0 then return {0, 0} end " +
  "local sum = redis.call('incrby', KEYS[1], ARGV[1]) local left = redis.call('pttl', KEYS[1]) " +
  "if left < 0 then redis.call('pexpire', KEYS[1], ARGV[2]) left = tonumber(ARGV[2]) end return {sum, left}";
const extendIfEqual =
  "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0";

/** Keys that a node looks at in one go, in about a millisecond. */
const scannedAtOnce = 500;

/**
 * The process's one connection to the shared cache: one server, Sentinel or Cluster. Every command ends within the
 * timeout, counted for the reading of a value from its turn: a few are read at a time. After a few that were not answered
 * no more are sent to that node until it answers again, so a cache that hangs costs next to nothing. Connects by itself
 * from the start and again whenever it must; nothing waits for it.
 *
 * Commands take one key, as it stands in the cache: namespaces are the caller's. All reject with a `CacheError` alone; of
 * a command that failed by "timeout" or "refused" nobody knows whether it was, or will be, carried out.
 */
export class CacheConnection {
  readonly #options: CacheConnectionOptions;
  readonly #link;
  readonly #news: CacheNews;
  readonly #nodes = new Map<string, CacheNode>();
  #isClosed = false;

  constructor(options: CacheConnectionOptions) {
    this.#options = options;
    const linkOptions: LinkOptions = {
      server: options.server,
      timeoutMs: options.timeoutMs,
      onLost: (node, error) => this.#nodes.get(node)?.lost(error),
    };
    this.#link = openLink(linkOptions);
    this.#news = new CacheNews(this.#link, linkOptions);
    this.#followNodes();
  }

  /** Every node that holds keys, and whether it answers. */
  get nodes(): { name: string; state: BreakerState }[] {
    this.#followNodes();
    return [...this.#nodes.values()].map(({ name, state }) => ({ name, state }));
  }

  /**
   * The value; of one of more than `mostBytes` these and one more. A large one is read a piece at a time, each within the
   * timeout: one that is written meanwhile may come mixed.
   */
  async get(key: string, mostBytes: number): Promise<Uint8Array | undefined> {
    if (mostBytes < wholeBytes) return this.#read(key, 0, mostBytes + 1);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at <= mostBytes; at += pieceBytes) {
      const piece = await this.#read(key, at, Math.min(mostBytes + 1 - at, pieceBytes));
      if (piece) pieces.push(piece);
      if (!piece || piece.byteLength < pieceBytes) break;
    }
    if (pieces.length < 2) return pieces[0];
    return joinInSteps(pieces);
  }

  async #read(key: string, at: number, length: number): Promise<Buffer | undefined> {
    const node = this.#node(this.#link.nodeOf(key));
    const range = [String(at), String(at + length - 1)];
    const value = await node.read((signal) => this.#link.send(key, ["GETRANGE", key, ...range], signal));
    // Redis makes no difference between nothing and nothing there.
    return Buffer.isBuffer(value) && value.byteLength > 0 ? value : undefined;
  }

  /** The first bytes of a value, at most `length`. */
  async head(key: string, length: number): Promise<Buffer | undefined> {
    const start = await this.#send(key, ["GETRANGE", key, "0", String(length - 1)]);
    // Redis makes no difference between nothing and nothing there.
    return Buffer.isBuffer(start) && start.byteLength > 0 ? start : undefined;
  }

  /** @param ttlMs whole milliseconds after which the key is gone. */
  async set(key: string, value: string | Buffer, ttlMs: number): Promise<void> {
    await this.#send(key, ["SET", key, value, "PX", String(ttlMs)]);
  }

  /** Sets the key and publishes its value on the channel, in one step. */
  async setAndTell(key: string, value: string, ttlMs: number, channel: string): Promise<void> {
    await this.#send(key, ["EVAL", setAndTell, "1", key, value, String(ttlMs), channel]);
  }

  /** @returns false when there is such a key already; it stays as it is. */
  async setIfAbsent(key: string, value: string | Buffer, ttlMs: number): Promise<boolean> {
    return (await this.#send(key, ["SET", key, value, "NX", "PX", String(ttlMs)])) !== null;
  }

  async has(key: string): Promise<boolean> {
    return (await this.#send(key, ["EXISTS", key])) === 1;
  }

  /** How long the key lives on: Infinity when it has no end; undefined when there is no such key. */
  async remainingMs(key: string): Promise<number | undefined> {
    const left = Number(await this.#send(key, ["PTTL", key]));
    if (left === -2) return undefined;
    return left === -1 ? Number.POSITIVE_INFINITY : left;
  }

  /** @returns whether there was such a key. */
  async delete(key: string): Promise<boolean> {
    return (await this.#send(key, ["UNLINK", key])) === 1;
  }

  /**
   * Deletes the key if it holds the value and publishes an empty message on the channel of its name, in one step.
   * @returns whether it did.
   */
  async deleteIfEqual(key: string, value: string | Buffer): Promise<boolean> {
    return (await this.#send(key, ["EVAL", deleteIfEqual, "1", key, value])) === 1;
  }

  /** Gives the key a new lifetime if it holds the value, in one step. @returns whether it did. */
  async extendIfEqual(key: string, value: string | Buffer, ttlMs: number): Promise<boolean> {
    return (await this.#send(key, ["EVAL", extendIfEqual, "1", key, value, String(ttlMs)])) === 1;
  }

  /**
   * Deletes all keys of a pattern that are meant, on every node. What is set meanwhile may stay. Over at every node when it settles.
   * @param pattern as SCAN takes it, which goes through all keys there are. @param isMeant of the pattern's keys.
   * @throws the signal's reason when that aborts, the error of a node after all others have done it.
   */
  async deleteAll(pattern: string, isMeant: (key: string) => boolean, signal: AbortSignal): Promise<void> {
    const ends = this.nodes.map(({ name }) => this.#deleteAllAt(name, pattern, isMeant, signal));
    const failed = (await Promise.allSettled(ends)).find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
  }

  async #deleteAllAt(
    name: string,
    pattern: string,
    isMeant: (key: string) => boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const node = this.#node(name);
    let cursor = "0";
    do {
      signal.throwIfAborted();
      const scan = ["SCAN", cursor, "MATCH", pattern, "COUNT", String(scannedAtOnce)];
      const answer = await node.run((signal) => this.#link.sendTo(name, scan, signal));
      const [next, keys] = answer as [CacheReply, CacheReply[]];
      cursor = String(next);
      // One by one: those of a Cluster's node are of many slots.
      await Promise.all(
        keys
          .map(String)
          .filter(isMeant)
          .map((key) => this.delete(key)),
      );
    } while (cursor !== "0");
  }

  /** Adds a whole number to one that is gone `ttlMs` after its first, in one step; 0 only reads it. @returns the sum, and how long it lives on. */
  async addWithin(key: string, amount: number, ttlMs: number): Promise<{ sum: number; leftMs: number }> {
    const reply = await this.#send(key, ["EVAL", addWithin, "1", key, String(amount), String(ttlMs)]);
    const [sum, leftMs] = Array.isArray(reply) ? reply : [];
    return { sum: Number(sum ?? 0), leftMs: Number(leftMs ?? 0) };
  }

  /** Hears what is published on the channel. Channels have no slot and no database: any node will do. */
  follow(channel: string, follower: Follower): Following {
    return this.#news.follow(channel, follower);
  }

  /** At once; what is under way fails with "closed". */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#news.close();
    for (const node of this.#nodes.values()) node.close();
    this.#link.close();
  }

  async #send(key: string, args: readonly (string | Buffer)[]): Promise<CacheReply> {
    const node = this.#node(this.#link.nodeOf(key));
    const bytes = args.reduce((sum, arg) => sum + arg.length, 0);
    return node.run((signal) => this.#link.send(key, args, signal), bytes);
  }

  #node(name: string): CacheNode {
    const known = this.#nodes.get(name);
    if (known) return known;
    this.#followNodes();
    return this.#nodes.get(name) ?? this.#add(name);
  }

  /** In a Cluster nodes come and go. */
  #followNodes(): void {
    if (this.#isClosed) return;
    const names = this.#link.nodes();
    for (const name of names) if (!this.#nodes.has(name)) this.#add(name);
    for (const [name, node] of this.#nodes) {
      if (names.includes(name)) continue;
      node.close();
      this.#nodes.delete(name);
    }
  }

  #add(name: string): CacheNode {
    let wasThere = false;
    const node = new CacheNode(name, this.#link, this.#options.timeoutMs, ({ state, lastError }) => {
      if (wasThere && state === "open") this.#news.nodeLost();
      wasThere = state === "closed";
      this.#options.onNode?.(name, state, lastError);
    });
    if (this.#isClosed) node.close();
    this.#nodes.set(name, node);
    return node;
  }
}
