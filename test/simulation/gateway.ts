import { type Candidate, choosePeer } from "../../gateway/peers/choose-peer.js";
import { rendezvousOrder } from "../../gateway/peers/rendezvous.js";
import type { Calibration } from "./calibration.js";
import type { Clock } from "./clock.js";
import type { Decode, SimulatedDecoder } from "./decoder.js";
import { Station } from "./station.js";

interface SimulatedPeer extends Candidate {
  readonly decoder: SimulatedDecoder;
  outstanding: number;
}

const nobody: ReadonlySet<SimulatedPeer> = new Set();

/** A gateway's one thread, and its choice of a decoder: the real one, from what this gateway itself has under way. */
export class SimulatedGateway {
  readonly station: Station;
  readonly #clock: Clock;
  readonly #peers: Map<string, SimulatedPeer>;
  readonly #orders = new Map<string, SimulatedPeer[]>();
  readonly #loadFactor: number;
  readonly #gatewayMs: number;
  readonly #hopMs: number;

  constructor(
    clock: Clock,
    decoders: readonly SimulatedDecoder[],
    { gatewayMs, transportMs }: Calibration,
    loadFactor: number,
  ) {
    this.#clock = clock;
    this.station = new Station(clock, { servers: 1 });
    this.#peers = new Map(
      decoders.map((decoder, index) => [
        `decoder-${index}:50052`,
        { decoder, isServing: true, avoidUntil: 0, outstanding: 0 },
      ]),
    );
    this.#loadFactor = loadFactor;
    this.#gatewayMs = gatewayMs;
    this.#hopMs = transportMs / 2;
  }

  /** There and back again: half of the gateway's work and half of the way lie on each side. */
  decode(request: Decode): void {
    const { onDone, onRefused } = request;
    this.#pass(() => {
      const peer = this.#choose(request.picture);
      peer.outstanding++;
      const back = (then: () => void) => {
        this.#clock.after(this.#hopMs, () => {
          peer.outstanding--;
          this.#work(then);
        });
      };
      peer.decoder.decode({
        ...request,
        onDone: (wasWarm) => back(() => onDone(wasWarm)),
        onRefused: (retryAfterMs) => back(() => onRefused(retryAfterMs)),
      });
    });
  }

  #pass(then: () => void): void {
    this.#work(() => this.#clock.after(this.#hopMs, then));
  }

  #work(then: () => void): void {
    this.station.offer({ urgent: true, serviceMs: () => this.#gatewayMs / 2, onDone: then });
  }

  #choose(picture: string): SimulatedPeer {
    let order = this.#orders.get(picture);
    if (!order) {
      order = rendezvousOrder(picture, [...this.#peers.keys()]).map((name) => this.#peers.get(name) as SimulatedPeer);
      this.#orders.set(picture, order);
    }
    return choosePeer(order, nobody, this.#clock.nowMs, this.#loadFactor) as SimulatedPeer;
  }
}
