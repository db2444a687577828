import { LRUCache } from "lru-cache";
import type { Model } from "../../proto/index.js";
import type { RpcClient } from "../../services/runtime/grpc/client.js";
import type { Spokesman } from "../../services/runtime/grpc/spokesman.js";
import { parseTarget } from "../../services/runtime/grpc/target.js";
import type { Logger } from "../../services/runtime/logger.js";
import { Changes } from "./changes.js";
import { choosePeer, preferredPeer } from "./choose-peer.js";
import { Discovery, type Lookup } from "./discovery.js";
import { type Connect, connectFreshly, type Health, Peer, type PeerState } from "./peer.js";
import type { PeerEvents } from "./peer-metrics.js";
import { rendezvousOrder } from "./rendezvous.js";

export interface PeerLimits {
  /** Between two lookups of a DNS name. */
  discoveryMs: number;
  /** Longest wait for a tier of which nobody can be reached. */
  reachMs: number;
  /** Silence of a peer, to requests and to a question for its health, after which a request goes to the next as well. */
  hedgeMs: number;
  /** Share of the average load that a peer takes before its pictures go to the next. */
  loadFactor: number;
}

export interface PeerOptions {
  /** The gRPC service whose health counts. */
  service: string;
  limits?: PeerLimits | undefined;
  events?: PeerEvents | undefined;
  logger?: Logger | undefined;
  lookup?: Lookup | undefined;
  health?: Health | undefined;
  /** Asks a server for the models that it serves (N8). */
  listModels?: Health["listModels"] | undefined;
  /** How servers are reached; by default each by a connection of its own. */
  connect?: Connect | undefined;
  /** What shows to servers that this is a gateway of theirs. */
  spokesman?: Spokesman | undefined;
  now?: (() => number) | undefined;
}

export const defaultLimits: PeerLimits = { discoveryMs: 5000, reachMs: 5000, hedgeMs: 1000, loadFactor: 1.25 };

/** Pictures whose order of peers is kept ready. */
const ordersKept = 10_000;
/** Hedges may be a tenth of the requests, and so many at once: what waits for one peer when it hangs. */
const hedgeBudget = { share: 0.1, burst: 64 };

/** The servers of one tier: found, watched, and chosen for a picture. */
export class PeerSet {
  readonly limits: PeerLimits;
  readonly events: PeerEvents | undefined;
  readonly #peers = new Map<string, Peer>();
  readonly #orders = new LRUCache<string, Peer[]>({ max: ordersKept });
  readonly #discovery: Discovery;
  readonly #health: Health;
  readonly #connect: Connect;
  readonly #now: () => number;
  readonly #changes = new Changes();
  #nobodySince: number | undefined;
  #hedges = hedgeBudget.burst;

  constructor(
    addresses: readonly string[],
    {
      service,
      limits = defaultLimits,
      events,
      logger,
      lookup,
      health,
      listModels,
      connect,
      spokesman,
      now,
    }: PeerOptions,
  ) {
    this.limits = limits;
    this.events = events;
    this.#health = health ?? {
      watch: (client, signal) => client.watchHealth(service, { signal }),
      ping: (client, withinMs) => client.answersHealth(service, withinMs),
      ...(listModels ? { listModels } : {}),
    };
    const reach = connect ?? connectFreshly;
    this.#connect = spokesman ? (...to) => reach(...to).as(spokesman) : reach;
    this.#now = now ?? (() => performance.now());
    this.#nobodySince = this.#now();
    events?.watch(() => this.count());
    const targets = addresses.map((text) => {
      const target = parseTarget(text);
      if (!target) throw new TypeError(`"${text}" is not an address`);
      return target;
    });
    this.#discovery = new Discovery(targets, {
      intervalMs: limits.discoveryMs,
      lookup,
      onChange: (found) => {
        logger?.info({ service, servers: found }, "servers of the tier");
        this.#update(found);
      },
      onFailure: (name, err) => {
        events?.lookupFailed();
        logger?.warn({ err, name }, "name cannot be looked up; the servers known before stay");
      },
    });
    this.#discovery.start();
  }

  now(): number {
    return this.#now();
  }

  /** Since when nobody serves; undefined while somebody does. */
  get nobodySince(): number | undefined {
    return this.#nobodySince;
  }

  /** Peers that take requests for a key and a model, the preferred first. */
  inOrder(key: string, model?: string): RpcClient[] {
    return this.#able(key, model)
      .filter((peer) => peer.isServing)
      .map(({ client }) => client);
  }

  /** All there are, whatever is known of them. */
  everyone(): Peer[] {
    return [...this.#peers.values()];
  }

  /** The peer for a request, its load considered; undefined when nobody serves who was not tried. */
  pick(key: string, tried: ReadonlySet<Peer>, model?: string): Peer | undefined {
    const order = this.#able(key, model);
    const now = this.#now();
    const peer = choosePeer(order, tried, now, this.limits.loadFactor);
    if (peer && peer !== preferredPeer(order, tried, now)) this.events?.moved();
    return peer;
  }

  /** True when there is a hedge left to spend. */
  takeHedge(): boolean {
    if (this.#hedges < 1) return false;
    this.#hedges--;
    this.events?.hedged();
    return true;
  }

  /** Runs a request on a peer and notes what it tells of it. */
  async run<T>(peer: Peer, attempt: (client: RpcClient) => Promise<T>): Promise<T> {
    this.#hedges = Math.min(hedgeBudget.burst, this.#hedges + hedgeBudget.share);
    peer.outstanding++;
    try {
      const result = await attempt(peer.client);
      peer.heard(this.#now());
      return result;
    } finally {
      peer.outstanding--;
    }
  }

  /** Resolves when a peer's state changes, or after so many milliseconds; rejects with the signal's reason. */
  changed(ms: number, signal: AbortSignal): Promise<void> {
    return this.#changes.next(ms, signal);
  }

  count(): Record<PeerState, number> {
    const counts: Record<PeerState, number> = { connecting: 0, serving: 0, not_serving: 0, lost: 0 };
    for (const { state } of this.#peers.values()) counts[state]++;
    return counts;
  }

  close(): void {
    this.#discovery.close();
    for (const peer of this.#peers.values()) peer.retire();
  }

  /** The models that servers have said they serve. */
  models(): Model[] {
    const all = [...this.#peers.values()].flatMap((peer) => (peer.isServing ? (peer.models ?? []) : []));
    return [...new Map(all.map((model) => [model.id, model])).values()];
  }

  /** What each server that is asked for a model says of it; undefined of one that cannot say. @param id empty: the usual one. */
  entriesOf(id: string): (Model | undefined)[] {
    const serving = [...this.#peers.values()].filter((peer) => peer.isServing && peer.serves(id));
    return serving.map(({ models }) => models?.find((one) => (id === "" ? one.usual : one.id === id)));
  }

  /** Those with what servers said that are out of reach; `areAll`: every server has said which it serves. */
  knownModels(): { models: Model[]; areAll: boolean } {
    const told = [...this.#peers.values()].map(({ models }) => models);
    const models = [...new Map(told.flatMap((all) => all ?? []).map((model) => [model.id, model])).values()];
    return { models, areAll: told.length > 0 && told.every((all) => all !== undefined) };
  }

  /** Those that serve the model; where none does, each can say so itself. */
  #able(key: string, model: string | undefined): Peer[] {
    const order = this.#order(key);
    if (model === undefined || order.every((peer) => peer.serves(model))) return order;
    const able = order.filter((peer) => peer.serves(model));
    return able.length > 0 ? able : order;
  }

  #order(key: string): Peer[] {
    let order = this.#orders.get(key);
    if (!order) {
      order = rendezvousOrder(key, [...this.#peers.keys()]).map((address) => this.#peers.get(address) as Peer);
      this.#orders.set(key, order);
    }
    return order;
  }

  #update(addresses: readonly string[]): void {
    for (const [address, peer] of this.#peers) {
      if (addresses.includes(address)) continue;
      this.#peers.delete(address);
      peer.retire();
    }
    for (const address of addresses) {
      if (!this.#peers.has(address)) this.#peers.set(address, this.#meet(address));
    }
    this.#orders.clear();
    this.#tell();
  }

  #meet(address: string): Peer {
    const name = this.#discovery.nameOf(address);
    const connect = () => this.#connect(address, name);
    return new Peer(address, { health: this.#health, connect }, ({ state }) => {
      if (state === "lost") this.#discovery.refresh();
      this.#tell();
    });
  }

  #tell(): void {
    const isServed = [...this.#peers.values()].some(({ isServing }) => isServing);
    this.#nobodySince = isServed ? undefined : (this.#nobodySince ?? this.#now());
    this.#changes.tell();
  }
}
