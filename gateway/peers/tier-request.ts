import { Code, mayRetry, ServiceError } from "../../services/runtime/errors.js";
import type { Call } from "../../services/runtime/grpc/call.js";
import type { RpcClient } from "../../services/runtime/grpc/client.js";
import { PeerLostError } from "../../services/runtime/grpc/status.js";
import type { Peer } from "./peer.js";
import type { PeerSet } from "./peer-set.js";

/** Pause after every server has failed once, before the next round. */
const roundPauseMs = 200;

/**
 * A tier that has been out of reach for longer than a request waits is given this long again by each new request: a
 * server that has just come back is found within it.
 */
const graceMs = 1500;

/** Workers or servers that one request may be lost with: one is bad luck, two in a row is the request. */
const maxLosses = 2;

const nobody: ReadonlySet<Peer> = new Set();

/** What decides where a request goes: its picture, and the model that it is for where it is for one. */
export interface Destination {
  readonly key: string;
  readonly model?: string;
}

/** One request on its way through a tier: who was asked, what came of it, and who is next. */
export class TierRequest {
  readonly peers: PeerSet;
  readonly #to: Destination;
  readonly #call: Call;
  /** Servers that failed or were silent in this round. */
  #tried: ReadonlySet<Peer> = nobody;
  #losses = 0;
  #stuckSince: number | undefined;
  #last: ServiceError | undefined;

  constructor(peers: PeerSet, to: Destination, call: Call) {
    this.peers = peers;
    this.#to = to;
    this.#call = call;
  }

  /** It has been in want of a server, or of one that does not fail. */
  get isStuck(): boolean {
    return this.#stuckSince !== undefined || this.#last !== undefined;
  }

  /** @throws ServiceError UNAVAILABLE after the longest wait. */
  async nextPeer(): Promise<Peer> {
    const { signal } = this.#call;
    for (;;) {
      signal.throwIfAborted();
      const peer = this.peers.pick(this.#to.key, this.#tried, this.#to.model);
      if (peer) return peer;
      this.#stuckSince ??= this.peers.now();
      const waitMs = this.#giveUpAt(this.#stuckSince) - this.peers.now();
      if (waitMs <= 0) throw unreachable(this.#last);
      const isRound = this.peers.nobodySince === undefined;
      await this.peers.changed(isRound ? Math.min(roundPauseMs, waitMs) : waitMs, signal);
      this.#tried = nobody;
    }
  }

  /** The next server while the one that is silent is still waited for, if that can be afforded. */
  nextBeside(silent: Peer): Peer | undefined {
    this.#leave(silent);
    const next = this.#call.signal.aborted ? undefined : this.peers.pick(this.#to.key, this.#tried, this.#to.model);
    return next && this.peers.takeHedge() ? next : undefined;
  }

  async run<T>(peer: Peer, ask: (client: RpcClient) => Promise<T>): Promise<T> {
    const { client } = peer;
    try {
      return await this.peers.run(peer, ask);
    } catch (error) {
      this.#leave(peer);
      const isCrash = error instanceof PeerLostError && error.wasUnderWay && !peer.isSilent;
      const isWorkerLost = error instanceof ServiceError && error.reason === "WORKER_LOST";
      if (!this.#call.signal.aborted) blame(this.peers, peer, client, error);
      if ((isCrash || isWorkerLost) && ++this.#losses >= maxLosses) throw poisonous(error);
      throw error;
    }
  }

  /** @throws the error when no other try is worth it. */
  noteFailure(error: unknown): void {
    if (!mayRetry(error)) throw error;
    this.#last = error;
    this.peers.events?.retried();
  }

  /** Not to be asked again in this round. */
  #leave(peer: Peer): void {
    this.#tried = new Set([...this.#tried, peer]);
  }

  /** A tier that went out of reach before this request came is not waited for as long again. */
  #giveUpAt(stuckSince: number): number {
    const { reachMs } = this.peers.limits;
    const since = this.peers.nobodySince;
    if (since === undefined) return stuckSince + reachMs;
    return Math.min(stuckSince + reachMs, Math.max(since + reachMs, stuckSince + graceMs));
  }
}

/** What a failure says of the server that was asked. */
export function blame(peers: PeerSet, peer: Peer, client: RpcClient, error: unknown): void {
  if (!(error instanceof ServiceError) || error.code === Code.CANCELLED) return;
  if (error instanceof PeerLostError) peer.lost(client);
  else peer.heard(peers.now());
  if (error.shouldRetry()) peer.failed(peers.now());
}

export function unreachable(cause: unknown): ServiceError {
  const message = "No server of this kind can be reached; try again shortly.";
  return new ServiceError({ code: Code.UNAVAILABLE, message, retryAfterMs: 1000, cause });
}

function poisonous(cause: unknown): ServiceError {
  const message = "This request stopped the worker or the server that ran it, twice; it is not tried again.";
  return new ServiceError({ code: Code.INTERNAL, message, cause });
}
