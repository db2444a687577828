import type { Socket } from "node:net";
import { networkOf } from "../callers/caller.js";
import { CallerRates } from "../limits/caller-rates.js";

interface HandshakesOptions {
  /** Handshakes that are begun for one address, or one IPv6 network: it may have ten seconds' worth at once after a rest. */
  perSecond: number;
  /** Connections at once whose handshake is not done: of all addresses, and of one; left out, as the rate has it. */
  total?: number;
  perAddress?: number;
  /** Told of one that has lost its place. */
  onDropped: () => void;
  /** Milliseconds, monotonic. */
  now?: () => number;
}

/** A connection on its way to be encrypted. */
interface Opening {
  /** Calls `handshake` when it is its address's turn, at once or later. */
  begin(handshake: () => void): void;
  /** It is encrypted. Safe to call twice. */
  done(): void;
}

/** At once after a rest, in seconds of the rate. */
const burstSeconds = 10;
/** Each holds a descriptor and some kilobytes. */
const leastTotal = 1024;

/**
 * Connections whose TLS handshake is not done: at most so many, and each costs its address what the handshake costs us. An honest one is done
 * in milliseconds: where there is no room, the oldest one of the address with most goes.
 */
export class Handshakes {
  readonly #total: number;
  readonly #perAddress: number;
  readonly #onDropped: () => void;
  readonly #rates: CallerRates;
  /** By address, the oldest first. */
  readonly #open = new Map<string, Set<Socket>>();
  readonly #waiting = new Map<string, { socket: Socket; handshake: () => void }[]>();
  #count = 0;

  constructor({ perSecond, total, perAddress, onDropped, now }: HandshakesOptions) {
    const burst = burstSeconds * perSecond;
    this.#total = total ?? Math.max(leastTotal, 2 * burst);
    this.#perAddress = perAddress ?? burst;
    this.#onDropped = onDropped;
    this.#rates = new CallerRates({ perSecond, burst, ...(now ? { now } : {}) });
  }

  get count(): number {
    return this.#count;
  }

  enter(socket: Socket): Opening {
    const address = networkOf(socket.remoteAddress);
    this.#makeRoom(address);
    const here = this.#open.get(address) ?? new Set();
    this.#open.set(address, here.add(socket));
    this.#count++;
    const done = () => this.#leave(address, socket);
    socket.once("close", done);
    return { done, begin: (handshake) => this.#enqueue(address, { socket, handshake }) };
  }

  #leave(address: string, socket: Socket): void {
    const here = this.#open.get(address);
    if (!here?.delete(socket)) return;
    this.#count--;
    if (here.size === 0) this.#open.delete(address);
  }

  #makeRoom(address: string): void {
    const here = this.#open.get(address);
    const crowded =
      here && here.size >= this.#perAddress ? address : this.#count >= this.#total ? this.#most() : undefined;
    if (crowded === undefined) return;
    const [oldest] = this.#open.get(crowded) ?? [];
    if (!oldest) return;
    this.#leave(crowded, oldest);
    this.#onDropped();
    oldest.destroy();
  }

  #most(): string | undefined {
    let most: string | undefined;
    let count = 0;
    for (const [address, { size }] of this.#open) if (size > count) [most, count] = [address, size];
    return most;
  }

  #enqueue(address: string, one: { socket: Socket; handshake: () => void }): void {
    const queue = this.#waiting.get(address) ?? [];
    this.#waiting.set(address, queue);
    queue.push(one);
    if (queue.length === 1) this.#go(address, queue);
  }

  #go(address: string, queue: { socket: Socket; handshake: () => void }[]): void {
    for (let next = queue[0]; next; next = queue[0]) {
      const waitMs = next.socket.destroyed ? 0 : this.#rates.of(address).take();
      if (waitMs > 0) {
        setTimeout(() => this.#go(address, queue), waitMs).unref();
        return;
      }
      queue.shift();
      if (!next.socket.destroyed) next.handshake();
    }
    this.#waiting.delete(address);
  }
}
