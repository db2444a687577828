import type { Socket } from "node:net";
import { networkOf } from "../callers/caller.js";
import { ConnectionLimits } from "../limits/connection-limits.js";
import { Counter, Gauge, type Registry } from "../metrics.js";

/** What peers may have of HTTP/2. */
export interface Http2Limits {
  /** Connections at once. */
  total: number;
  /** Of those from one address, or one IPv6 network; behind a proxy all callers may have one. */
  perAddress: number;
  /** Calls at once on one connection: a gateway has one under way for each of its sessions. */
  streams: number;
  /** A connection without a call for so long is closed. */
  idleMs: number;
  /** A peer that leaves a ping without an answer for so long is taken to be gone; it is asked after as long a silence. */
  pingMs: number;
}

export const defaultHttp2Limits: Http2Limits = {
  total: 1024,
  perAddress: 256,
  streams: 4096,
  idleMs: 60_000,
  pingMs: 20_000,
};

/** Whom a port lets speak HTTP/2. */
export class Http2Door {
  readonly #limits: ConnectionLimits;
  readonly #hasServices: () => boolean;
  readonly #refused: Counter;

  /** @param hasServices false while there is nothing to ask for: what is not served need not be spoken. */
  constructor(limits: Pick<Http2Limits, "total" | "perAddress">, hasServices: () => boolean, registry: Registry) {
    this.#limits = new ConnectionLimits(limits);
    this.#hasServices = hasServices;
    const registers = [registry];
    const count = () => this.#limits.count;
    new Gauge({
      name: "maskwire_grpc_connections",
      help: "gRPC connections that are open",
      registers,
      collect() {
        this.set(count());
      },
    });
    this.#refused = new Counter({
      name: "maskwire_grpc_connections_refused_total",
      help: "gRPC connections that were closed at once because there were too many",
      registers,
    });
  }

  /** Takes a connection in until it closes. */
  admits(socket: Socket): boolean {
    if (!this.#hasServices()) return false;
    const leave = this.#limits.enter(networkOf(socket.remoteAddress));
    if (leave) socket.once("close", leave);
    else this.#refused.inc();
    return leave !== undefined;
  }
}
