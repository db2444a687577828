import { Code, isAbort, ServiceError } from "../../services/runtime/errors.js";
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

export interface RetryOptions {
  /** A request that may be answered twice goes to the next server too when its own is silent. */
  hedge?: boolean;
}

/**
 * Tries the tier's servers in the key's order, again and again, as long as the error says that another or a later try may
 * succeed, and waits for one while none serves.
 * @param signal ends the tries: the caller left, or its deadline passed.
 * @throws ServiceError the last one; INTERNAL when it is the request that kills workers or servers (R6); UNAVAILABLE with a
 *   retry hint when nobody could be reached (R5).
 */
export async function withPeers<T>(
  peers: PeerSet,
  key: string,
  signal: AbortSignal,
  attempt: (client: RpcClient) => Promise<T>,
  { hedge = false }: RetryOptions = {},
): Promise<T> {
  const request = new Request(peers, key, signal, attempt);
  try {
    for (;;) {
      const peer = await request.nextPeer();
      try {
        return await (hedge ? request.runHedged(peer) : request.run(peer));
      } catch (error) {
        signal.throwIfAborted();
        request.noteFailure(error);
      }
    }
  } catch (error) {
    throw explain(error, request, signal);
  }
}

/** The tier's server for a request that cannot be repeated. @throws ServiceError UNAVAILABLE when none can be reached. */
export async function onePeer(peers: PeerSet, key: string, signal: AbortSignal): Promise<Peer> {
  const request = new Request(peers, key, signal, () => Promise.reject(new Error("never run")));
  try {
    return await request.nextPeer();
  } catch (error) {
    throw explain(error, request, signal);
  }
}

/** What a failure says of the server that was asked. */
export function blame(peers: PeerSet, peer: Peer, client: RpcClient, error: unknown): void {
  if (!(error instanceof ServiceError) || error.code === Code.CANCELLED) return;
  if (error instanceof PeerLostError) peer.lost(client);
  else peer.heard(peers.now());
  if (error.shouldRetry()) peer.failed(peers.now());
}

/** One request on its way through the tier. */
class Request<T> {
  readonly #peers: PeerSet;
  readonly #key: string;
  readonly #signal: AbortSignal;
  readonly #attempt: (client: RpcClient) => Promise<T>;
  /** Servers that failed or were silent in this round. */
  #tried: ReadonlySet<Peer> = nobody;
  #losses = 0;
  #stuckSince: number | undefined;
  #last: ServiceError | undefined;

  constructor(peers: PeerSet, key: string, signal: AbortSignal, attempt: (client: RpcClient) => Promise<T>) {
    this.#peers = peers;
    this.#key = key;
    this.#signal = signal;
    this.#attempt = attempt;
  }

  /** It has been in want of a server, or of one that does not fail. */
  get isStuck(): boolean {
    return this.#stuckSince !== undefined || this.#last !== undefined;
  }

  /** @throws ServiceError UNAVAILABLE after the longest wait. */
  async nextPeer(): Promise<Peer> {
    for (;;) {
      this.#signal.throwIfAborted();
      const peer = this.#peers.pick(this.#key, this.#tried);
      if (peer) return peer;
      this.#stuckSince ??= this.#peers.now();
      const waitMs = this.#giveUpAt(this.#stuckSince) - this.#peers.now();
      if (waitMs <= 0) throw unreachable(this.#last);
      const isRound = this.#peers.nobodySince === undefined;
      await this.#peers.changed(isRound ? Math.min(roundPauseMs, waitMs) : waitMs, this.#signal);
      this.#tried = nobody;
    }
  }

  async run(peer: Peer): Promise<T> {
    const { client } = peer;
    try {
      return await this.#peers.run(peer, this.#attempt);
    } catch (error) {
      this.#tried = new Set([...this.#tried, peer]);
      const isCrash = error instanceof PeerLostError && error.wasUnderWay && !peer.isSilent;
      const isWorkerLost = error instanceof ServiceError && error.reason === "WORKER_LOST";
      if (!this.#signal.aborted) blame(this.#peers, peer, client, error);
      if ((isCrash || isWorkerLost) && ++this.#losses >= maxLosses) throw poisonous(error);
      throw error;
    }
  }

  /**
   * Beside a server that hangs the next is asked; the first answer counts. One that has answered nobody for half of
   * `hedgeMs` is asked for its health, and hangs when it leaves that unanswered too for the other half: a server that is
   * only busy must not be given up, nor its work be done twice.
   */
  runHedged(peer: Peer): Promise<T> {
    const halfMs = this.#peers.limits.hedgeMs / 2;
    return new Promise((resolve, reject) => {
      let underWay = 0;
      let isSettled = false;
      const startedAt = this.#peers.now();
      const check = async () => {
        const silentMs = this.#peers.now() - Math.max(startedAt, peer.heardAt);
        const isWell = silentMs < halfMs || (await peer.answersPing(halfMs, () => this.#peers.now()));
        if (isSettled) return;
        if (!isWell) hedge();
        else timer = setTimeout(check, Math.max(1, halfMs - silentMs));
      };
      let timer = setTimeout(check, halfMs);
      const settle = () => {
        isSettled = true;
        clearTimeout(timer);
      };
      const start = (one: Peer) => {
        underWay++;
        this.run(one).then(
          (result) => {
            settle();
            resolve(result);
          },
          (error) => {
            underWay--;
            if (underWay > 0 && mayRetry(error)) return;
            settle();
            reject(error);
          },
        );
      };
      const hedge = () => {
        this.#tried = new Set([...this.#tried, peer]);
        peer.silent(this.#peers.now());
        const next = this.#signal.aborted ? undefined : this.#peers.pick(this.#key, this.#tried);
        if (next && this.#peers.takeHedge()) start(next);
      };
      start(peer);
    });
  }

  /** @throws the error when no other try is worth it. */
  noteFailure(error: unknown): void {
    if (!mayRetry(error)) throw error;
    this.#last = error;
    this.#peers.events?.retried();
  }

  /** A tier that went out of reach before this request came is not waited for as long again. */
  #giveUpAt(stuckSince: number): number {
    const { reachMs } = this.#peers.limits;
    const since = this.#peers.nobodySince;
    if (since === undefined) return stuckSince + reachMs;
    return Math.min(stuckSince + reachMs, Math.max(since + reachMs, stuckSince + graceMs));
  }
}

function mayRetry(error: unknown): error is ServiceError {
  return error instanceof ServiceError && error.shouldRetry();
}

function explain(error: unknown, request: { isStuck: boolean }, signal: AbortSignal): unknown {
  if (signal.aborted && signal.reason instanceof DOMException && signal.reason.name === "TimeoutError") {
    if (request.isStuck) return unreachable(error);
    const message = "The answer took too long; try again shortly.";
    return new ServiceError({ code: Code.DEADLINE_EXCEEDED, message, retryAfterMs: 1000, cause: error });
  }
  if (isAbort(error)) return new ServiceError({ code: Code.CANCELLED, message: "The request was cancelled." });
  return error;
}

function unreachable(cause: unknown): ServiceError {
  const message = "No server of this kind can be reached; try again shortly.";
  return new ServiceError({ code: Code.UNAVAILABLE, message, retryAfterMs: 1000, cause });
}

function poisonous(cause: unknown): ServiceError {
  const message = "This request stopped the worker or the server that ran it, twice; it is not tried again.";
  return new ServiceError({ code: Code.INTERNAL, message, cause });
}
