import { type Candidate, choosePeer } from "../../gateway/peers/choose-peer.js";
import { rendezvousOrder } from "../../gateway/peers/rendezvous.js";
import type { Calibration } from "./calibration.js";
import type { Clock } from "./clock.js";
import type { Decode, SimulatedDecoder } from "./decoder.js";
import type { Random } from "./random.js";
import { Station } from "./station.js";

interface SimulatedPeer extends Candidate {
  readonly decoder: SimulatedDecoder;
  outstanding: number;
}

const nobody: ReadonlySet<SimulatedPeer> = new Set();

interface GatewayOptions {
  /** See `choosePeer`. */
  readonly loadFactor: number;
  /** The clients have no machine of their own: what they do takes the gateway's core. */
  readonly clientsHere: boolean;
}

/** A gateway's one thread, and its choice of a decoder: the real one, from what this gateway itself has under way. */
export class SimulatedGateway {
  readonly station: Station;
  readonly #clock: Clock;
  readonly #peers: Map<string, SimulatedPeer>;
  readonly #orders = new Map<string, SimulatedPeer[]>();
  readonly #loadFactor: number;
  readonly #random: Random;
  /** For half of a prompt: there, or back again. */
  readonly #workMs: number;
  readonly #delayMs: number;
  readonly #transportMs: readonly number[];

  constructor(
    clock: Clock,
    random: Random,
    decoders: readonly SimulatedDecoder[],
    { gatewayMs, clientMs, transportMs }: Calibration,
    { loadFactor, clientsHere }: GatewayOptions,
  ) {
    this.#clock = clock;
    this.#random = random;
    this.station = new Station(clock, { servers: 1 });
    this.#peers = new Map(
      decoders.map((decoder, index) => [
        `decoder-${index}:50052`,
        { decoder, isServing: true, avoidUntil: 0, outstanding: 0 },
      ]),
    );
    this.#loadFactor = loadFactor;
    this.#workMs = (gatewayMs + (clientsHere ? clientMs : 0)) / 2;
    this.#delayMs = clientsHere ? 0 : clientMs / 2;
    this.#transportMs = transportMs;
  }

  /** There and back again: half of the gateway's work and half of the way lie on each side. */
  decode(request: Decode): void {
    const { onDone, onRefused } = request;
    const hopMs = this.#delayMs + this.#random.ofQuantiles(this.#transportMs) / 2;
    this.#work(() =>
      this.#clock.after(hopMs, () => {
        const peer = this.#choose(request.picture);
        peer.outstanding++;
        const back = (then: () => void) => {
          this.#clock.after(hopMs, () => {
            peer.outstanding--;
            this.#work(then);
          });
        };
        peer.decoder.decode({
          ...request,
          onDone: (wasWarm) => back(() => onDone(wasWarm)),
          onRefused: (retryAfterMs) => back(() => onRefused(retryAfterMs)),
        });
      }),
    );
  }

  #work(then: () => void): void {
    this.station.offer({ urgent: true, serviceMs: () => this.#workMs, onDone: then });
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
