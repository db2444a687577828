import type { Clock } from "./clock.js";
import { Station } from "./station.js";

interface EncoderOptions {
  readonly encoders: number;
  /** Of one encoder for one picture. */
  readonly encodeMs: number;
  readonly maxQueue: number;
  /** What was encoded before the beginning; nothing when left out. */
  readonly wasKnown?: (picture: string) => boolean;
}

/** Between two tries of a picture that was refused; the client waits as it is told. */
const retryMs = 1000;

/** The encoder tier over one shared cache: what is encoded stays known, and what is under way is joined. */
export class SimulatedEncoders {
  readonly station: Station;
  /** How long each encode took from its first wish. */
  readonly tookMs: number[] = [];
  refused = 0;
  readonly #clock: Clock;
  readonly #options: EncoderOptions;
  readonly #known = new Set<string>();
  readonly #underWay = new Map<string, (() => void)[]>();

  constructor(clock: Clock, options: EncoderOptions) {
    this.#clock = clock;
    this.#options = options;
    // Each encoder process has a queue of its own; they are joined here, since gateways pass a busy one by.
    this.station = new Station(clock, { servers: options.encoders, maxQueue: options.maxQueue * options.encoders });
  }

  /** @param onReady when the embedding is in the shared cache. @returns whether it was there already. */
  open(picture: string, onReady: () => void): boolean {
    if (this.#known.has(picture) || this.#options.wasKnown?.(picture)) {
      this.#clock.after(0, onReady);
      return true;
    }
    const waiting = this.#underWay.get(picture);
    if (waiting) {
      waiting.push(onReady);
    } else {
      this.#underWay.set(picture, [onReady]);
      this.#encode(picture, this.#clock.nowMs);
    }
    return false;
  }

  #encode(picture: string, sinceMs: number): void {
    const isTaken = this.station.offer({
      urgent: true,
      serviceMs: () => this.#options.encodeMs,
      onDone: () => {
        this.tookMs.push(this.#clock.nowMs - sinceMs);
        this.#known.add(picture);
        for (const ready of this.#underWay.get(picture) ?? []) ready();
        this.#underWay.delete(picture);
      },
    });
    if (isTaken) return;
    this.refused++;
    this.#clock.after(retryMs, () => this.#encode(picture, sinceMs));
  }
}
