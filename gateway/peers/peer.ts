import { setTimeout as sleep } from "node:timers/promises";
import type { Model } from "../../proto/index.js";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import { dial, RpcClient, type ServingStatus } from "../../services/runtime/grpc/client.js";
import type { PeerCertificate } from "../../services/runtime/tls/peer-certificate.js";
import type { Candidate } from "./choose-peer.js";

/** `connecting`: nothing heard yet. `not_serving`: it starts, or drains. `lost`: no connection; tried again and again. */
export type PeerState = "connecting" | "serving" | "not_serving" | "lost";

/** Says how a peer is, now and at each change; ends or throws when the peer is lost. */
type Watch = (client: RpcClient, signal: AbortSignal) => AsyncIterable<ServingStatus>;

/** Whether a peer's process answers within so many milliseconds, however busy it is. */
type Ping = (client: RpcClient, withinMs: number) => Promise<boolean>;

/** The models that a peer serves; undefined where it cannot say. */
type ListModels = (client: RpcClient, signal: AbortSignal) => Promise<readonly Model[] | undefined>;

/** How a peer is known to be well, and what for. */
export interface Health {
  watch: Watch;
  ping: Ping;
  /** Left out: every peer is asked for any model. */
  listModels?: ListModels;
}

/** How long a peer that failed is asked only after all others. */
const failedMs = 1000;
/** The same for one that hung; by then its connection has been given up, or it has answered. */
const silentMs = 5000;
/** A peer that takes the connection and says nothing for so long hangs; another connection may fare better. */
const attemptMs = 3000;
/** Pauses between tries to reach a lost peer: doubled from the first to the last, each shortened by chance. */
const reconnectMs = { first: 50, last: 1000 };

/** A new way to the server at an address. @param name by which it was found, which its certificate should be for. */
export type Connect = (address: string, name: string) => RpcClient;

/** Fresh connections only: a shared one would bring along its own pauses after failures. */
const fresh = { "grpc.use_local_subchannel_pool": 1 };

export const connectFreshly: Connect = (address) => new RpcClient(address, fresh);

/** The same over TLS. */
export const connectEncrypted =
  (certificate: Pick<PeerCertificate, "encryptTo">): Connect =>
  (address, name) =>
    new RpcClient(address, {}, dial(address, fresh, certificate.encryptTo(name)));

/** One server of a tier: its connection, its health and what it has to do. */
export class Peer implements Candidate {
  readonly address: string;
  outstanding = 0;
  avoidUntil = 0;
  /** It did not answer in time, and has not answered since. */
  isSilent = false;
  #models: readonly Model[] | undefined;
  #client: RpcClient;
  #state: PeerState = "connecting";
  #heardAt = 0;
  readonly #health: Health;
  readonly #connect: () => RpcClient;
  readonly #onChange: (peer: Peer) => void;
  readonly #retired = new AbortController();
  #pinging: Promise<boolean> | undefined;
  /** The try to reach it, or the connection, that is there now. */
  #attempt = new AbortController();

  constructor(
    address: string,
    { health, connect }: { health: Health; connect: () => RpcClient },
    onChange: (peer: Peer) => void,
  ) {
    this.address = address;
    this.#health = health;
    this.#connect = connect;
    this.#onChange = onChange;
    this.#client = connect();
    void this.#follow();
  }

  get state(): PeerState {
    return this.#state;
  }

  get isServing(): boolean {
    return this.#state === "serving";
  }

  /** The models that it serves, as it said when it was reached last; undefined when it could not say. */
  get models(): readonly Model[] | undefined {
    return this.#models;
  }

  /** @param model an empty name: the usual one, which a peer may leave to others. */
  serves(model: string): boolean {
    return this.#models?.some(({ id, usual }) => (model === "" ? usual : id === model)) ?? true;
  }

  /** The connection of this moment; a peer that was lost comes back with another. */
  get client(): RpcClient {
    return this.#client;
  }

  /** When it answered last, whatever it was. */
  get heardAt(): number {
    return this.#heardAt;
  }

  heard(now: number): void {
    this.#heardAt = now;
    this.isSilent = false;
    this.avoidUntil = 0;
  }

  failed(now: number): void {
    this.avoidUntil = now + failedMs;
  }

  silent(now: number): void {
    this.isSilent = true;
    this.avoidUntil = now + silentMs;
  }

  /** Whether it answers at all. One question at a time for all that wait. */
  answersPing(withinMs: number, now: () => number): Promise<boolean> {
    this.#pinging ??= this.#health.ping(this.#client, withinMs).then((answers) => {
      this.#pinging = undefined;
      if (answers) this.#heardAt = now();
      return answers;
    });
    return this.#pinging;
  }

  /** A request found the connection broken: its health's stream may not have noticed. */
  lost(client: RpcClient): void {
    if (client !== this.#client || this.#state === "lost") return;
    this.#become("lost");
    this.#attempt.abort();
  }

  /** No longer one of the tier: what is under way goes on to its end. */
  retire(): void {
    this.#retired.abort();
    this.#attempt.abort();
    this.#client.close();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#retired;
    for (let failures = 0; !signal.aborted; failures++) {
      if (await this.#listen()) failures = 0;
      if (signal.aborted) return;
      this.#become("lost");
      await sleep(reconnectPause(failures, Math.random()), undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      this.#client.close();
      this.#client = this.#connect();
    }
  }

  /** @returns whether it was reached. */
  async #listen(): Promise<boolean> {
    const attempt = new AbortController();
    this.#attempt = attempt;
    const hung = setTimeout(() => attempt.abort(), attemptMs);
    let wasReached = false;
    const hear = (state: PeerState) => {
      wasReached = true;
      clearTimeout(hung);
      if (!attempt.signal.aborted) this.#become(state);
    };
    try {
      for await (const status of this.#health.watch(this.#client, attempt.signal)) {
        // Before anything is asked of it, it says what it can be asked.
        if (status === "SERVING") await this.#learn(attempt.signal);
        hear(status === "SERVING" ? "serving" : "not_serving");
      }
    } catch (error) {
      // It has no health service: what becomes of requests has to say it (gRPC A17).
      if (error instanceof ServiceError && error.code === Code.UNIMPLEMENTED) {
        hear("serving");
        await aborted(attempt.signal);
      }
    } finally {
      clearTimeout(hung);
    }
    return wasReached;
  }

  async #learn(signal: AbortSignal): Promise<void> {
    this.#models = await this.#health.listModels?.(this.#client, signal).catch(() => undefined);
  }

  #become(state: PeerState): void {
    if (this.#state === state) return;
    this.#state = state;
    if (state === "serving") {
      this.isSilent = false;
      this.avoidUntil = 0;
    }
    this.#onChange(this);
  }
}

/** @param chance 0 to 1. @returns milliseconds. */
function reconnectPause(failures: number, chance: number): number {
  return Math.min(reconnectMs.first * 2 ** failures, reconnectMs.last) * (0.5 + chance / 2);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
