import { LRUCache } from "lru-cache";
import type { Calibration } from "./calibration.js";
import type { Clock } from "./clock.js";
import type { Random } from "./random.js";
import { type Job, Station } from "./station.js";

interface DecoderOptions {
  /** Decodes at once, on a core each. */
  readonly workers: number;
  readonly maxQueue: number;
  /** Of records in the process, and again of ready embeddings in its workers. */
  readonly cacheBytes: number;
  /** At a moment: how many times as long as on paper everything takes a worker. */
  readonly slowness: (atMs: number) => number;
}

export interface Decode {
  readonly picture: string;
  readonly urgent: boolean;
  /** Whose stream it came in: one that is not urgent gives way to the next of the same. */
  readonly caller?: object;
  /** Makes the picture ready and no more. */
  readonly prepareOnly?: boolean;
  /** @param wasWarm the embedding was ready in the worker. */
  onDone(wasWarm: boolean): void;
  onRefused(retryAfterMs: number): void;
}

/** The least hint that a full queue gives (`WorkerPool`). */
const leastRetryMs = 50;

/** One decoder process: its memory for pictures, its workers and their queue. */
export class SimulatedDecoder {
  readonly station: Station;
  /** What each warm click took of a core. */
  readonly warmClicksMs: number[] = [];
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #measured: Calibration["decoder"];
  readonly #options: DecoderOptions;
  readonly #inProcess: LRUCache<string, true>;
  readonly #inWorkers: LRUCache<string, true>[];
  readonly #meanMs: number;
  /** Of each caller what gives way, with what to do then. */
  readonly #previews = new Map<object, { readonly job: Job; readonly onGone: () => void }>();
  /** Reads an embedding from the shared cache. */
  readonly #fetch: (onDone: () => void) => void;

  constructor(
    clock: Clock,
    random: Random,
    measured: Calibration["decoder"],
    options: DecoderOptions,
    fetch: (onDone: () => void) => void,
  ) {
    this.#clock = clock;
    this.#random = random;
    this.#measured = measured;
    this.#options = options;
    this.#fetch = fetch;
    const { workers, maxQueue, cacheBytes } = options;
    this.station = new Station(clock, { servers: workers, maxQueue });
    const room = (bytes: number, each: number) =>
      new LRUCache<string, true>({ max: Math.max(1, Math.floor(bytes / each)) });
    this.#inProcess = room(cacheBytes, measured.recordBytes);
    this.#inWorkers = Array.from({ length: workers }, () => room(cacheBytes / workers, measured.preparedBytes));
    this.#meanMs = measured.promptMs.reduce((sum, ms) => sum + ms, 0) / measured.promptMs.length;
  }

  decode(decode: Decode): void {
    const { picture, caller } = decode;
    if (caller) this.#giveWay(caller);
    if (this.#inProcess.get(picture)) return this.#enqueue(decode);
    this.#fetch(() => {
      this.#inProcess.set(picture, true);
      this.#enqueue(decode);
    });
  }

  #giveWay(caller: object): void {
    const preview = this.#previews.get(caller);
    this.#previews.delete(caller);
    if (preview && this.station.withdraw(preview.job)) this.#clock.after(0, preview.onGone);
  }

  #enqueue({ picture, urgent, caller, prepareOnly = false, onDone, onRefused }: Decode): void {
    let isWarm = false;
    const job: Job = {
      urgent,
      prefers: (server) => this.#inWorkers[server]?.has(picture) === true,
      serviceMs: (server, wasFree) => {
        const ready = this.#inWorkers[server] as LRUCache<string, true>;
        isWarm = ready.get(picture) === true;
        ready.set(picture, true);
        const { promptMs, freePromptMs, previewSavesMs, prepareMs } = this.#measured;
        const slowness = this.#options.slowness(this.#clock.nowMs);
        const readyMs = isWarm ? 0 : slowness * this.#random.ofQuantiles(prepareMs);
        if (prepareOnly) return readyMs;
        const clickMs = slowness * this.#random.ofQuantiles(wasFree ? freePromptMs : promptMs);
        if (isWarm && urgent) this.warmClicksMs.push(clickMs);
        return readyMs + Math.max(0, clickMs - (urgent ? 0 : slowness * previewSavesMs));
      },
      onDone: () => onDone(isWarm),
    };
    if (caller && !urgent) this.#previews.set(caller, { job, onGone: () => onRefused(0) });
    if (this.station.offer(job)) return;
    const waitMs = ((this.station.waiting + 1) * this.#meanMs) / this.#options.workers;
    this.#clock.after(0, () => onRefused(Math.max(leastRetryMs, waitMs)));
  }
}
