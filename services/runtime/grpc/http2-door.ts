import type { Socket } from "node:net";
import { networkOf } from "../callers/caller.js";
import { ConnectionLimits } from "../limits/connection-limits.js";
import { Counter, Gauge, type Metrics } from "../metrics.js";

/** Most HTTP/2 connections at once. */
export interface Http2Limits {
  total: number;
  /** From one address, or one IPv6 network; behind a proxy all callers may have one. */
  perAddress: number;
}

export const defaultHttp2Limits: Http2Limits = { total: 1024, perAddress: 256 };

/** Whom a port lets speak HTTP/2. */
export class Http2Door {
  readonly #limits: ConnectionLimits;
  readonly #hasServices: () => boolean;
  readonly #refused: Counter;

  /** @param hasServices false while there is nothing to ask for: what is not served need not be spoken. */
  constructor(limits: Http2Limits, hasServices: () => boolean, metrics: Metrics) {
    this.#limits = new ConnectionLimits(limits);
    this.#hasServices = hasServices;
    const registers = [metrics];
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
