import type { Socket } from "node:net";
import { networkOf } from "../callers/caller.js";
import { Gauge, type Registry } from "../metrics.js";
import { mostDescriptors } from "./descriptors.js";
import type { Limit } from "./limit-hits.js";
import { Shares } from "./shares.js";

/** Of the descriptors that a process may have: the others are for its own files, workers, processes and connections. */
const partOfDescriptors = 0.75;
/** Each takes some kilobytes besides, and no process of ours serves more. */
const mostUsual = 16_384;

/** Connections at once that a process lets in where nothing is set. */
export const usualConnections = (descriptors = mostDescriptors()) =>
  Math.min(mostUsual, Math.max(1, Math.floor(partOfDescriptors * descriptors)));

/** Every connection to the one port, whatever it speaks: as many as there may be, shared among the networks that they come from (A7). */
export class OpenConnections {
  readonly #shares: Shares;
  readonly #onRefused: (limit: Limit) => void;

  constructor(limit: number, metrics: Registry & { limitHit: (limit: Limit) => void }) {
    this.#shares = new Shares(limit);
    this.#onRefused = metrics.limitHit;
    const shares = this.#shares;
    new Gauge({
      name: "maskwire_connections",
      help: "Connections to the one port that are open",
      registers: [metrics],
      collect() {
        this.set(shares.used);
      },
    });
    new Gauge({
      name: "maskwire_connections_limit",
      help: "Connections to the one port that may be open",
      registers: [metrics],
    }).set(limit);
  }

  /** Takes a connection in until it closes. @returns false for one that is too many. */
  admits(socket: Socket): boolean {
    const who = { caller: networkOf(socket.remoteAddress) };
    const refusal = this.#shares.refusal(who);
    if (refusal) this.#onRefused(refusal === "full" ? "connections" : "connections_share");
    else socket.once("close", this.#shares.take(who));
    return refusal === undefined;
  }
}
