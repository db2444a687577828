import type { Calibration } from "../../simulation/calibration.js";
import { round } from "../report.js";
import { mean, median, quantile } from "../statistics.js";
import { closedLoop, type Loop, type LoopOptions } from "./closed-loop.js";
import { coldPrompts, newPicture } from "./cold-prompts.js";
import type { Rig } from "./rig.js";
import { type Patience, undisturbed } from "./undisturbed.js";

/** As many pictures as a worker surely keeps ready, and as many sessions, each asking as soon as it is answered. */
const full = { sessions: 8, pauseMs: 0, ms: 4000, previews: false };
/** Few enough that about half of the prompts find the worker with nothing to do. */
const paced = { sessions: 4, pauseMs: 150, ms: 5000, previews: true };
/** Beyond those that the worker keeps ready, so that going through all of them finds none. */
const coldPictures = 5;
/** A prompt that waited less was not in line: its worker was free. */
const freeMs = 0.2;
/** A quantile every 1 %. */
const steps = 100;

export interface Calibrated {
  readonly measured: Omit<Calibration, "source">;
  /** Prompts a second that the decoder's core answered at most. */
  readonly saturatedPerSecond: number;
  /** Clicks that found the worker free, from the moment that was meant, ms. */
  readonly loneMs: { readonly mean: number; readonly p50: number; readonly p95: number };
  /** What a prompt takes of the core beside the worker's time for it. */
  readonly handlingMs: number;
  /** Share of a core that others took in the most disturbed part. */
  readonly elsewhere: number;
}

/**
 * Measures what the simulation needs to know, in rounds of a few seconds that can lie between the points that are compared
 * with it: the machine is not the same from one minute to the next. People here wait for their answers: nothing of how the
 * system does under a load that comes by its own plan goes into it.
 */
export class Calibrator {
  readonly #rig: Rig;
  readonly #preparedBytes: number;
  readonly #patience: Patience;
  readonly #say: (line: string) => void;
  readonly #full: Loop[] = [];
  readonly #paced: Loop[] = [];
  readonly #storeMs: number[] = [];
  readonly #processMs: number[] = [];
  readonly #encodeMs: number[] = [];
  #elsewhere = 0;
  #rounds = 0;
  #cold = 0;

  /** @param preparedBytes see `bareSteps`. */
  constructor(rig: Rig, preparedBytes: number, patience: Patience, say: (line: string) => void) {
    this.#rig = rig;
    this.#patience = patience;
    this.#preparedBytes = preparedBytes;
    this.#say = say;
  }

  /** Until V8 has optimised what a click runs, here and there. */
  async warmUp(): Promise<void> {
    await closedLoop(this.#rig, { ...full, seed: 0 });
  }

  async round(): Promise<void> {
    const seed = ++this.#rounds;
    this.#paced.push(await this.#undisturbed(() => closedLoop(this.#rig, { ...paced, seed } satisfies LoopOptions)));
    this.#full.push(await this.#undisturbed(() => closedLoop(this.#rig, { ...full, seed })));
    const { store, process } = await this.#undisturbed(() => coldPrompts(this.#rig, ...this.#coldPictures()));
    this.#storeMs.push(...store);
    this.#processMs.push(...process);
    this.#encodeMs.push(await this.#undisturbed(() => newPicture(this.#rig)));
  }

  /** From all rounds so far. @throws Error before the first. */
  calibrated(): Calibrated {
    if (this.#rounds === 0) throw new Error("nothing has been measured");
    const [busy, idle] = [together(this.#full), together(this.#paced)];
    // The core also reads and writes messages: what a prompt takes of it is seen when it does nothing else.
    const onCoreMs = busy.ms / busy.prompts.length;
    const handlingMs = Math.max(0, onCoreMs - mean(busy.prompts.map(({ workerMs }) => workerMs)));
    const free = idle.prompts.filter(({ queueMs }) => queueMs < freeMs);
    const clicks = free.filter(({ preview }) => !preview);
    const workMs = (some: typeof free) => some.map(({ workerMs }) => workerMs);
    const previewSavesMs = mean(workMs(clicks)) - mean(workMs(free.filter(({ preview }) => preview)));
    const [gatewayMs, clientMs] = [idle.cpuMs("gateway"), idle.cpuMs("driver")];
    // Of all clicks: one that comes while the worker runs also waits for the core until the decoder reads it.
    const wayMs = idle.prompts
      .filter(({ preview }) => !preview)
      .map(({ latencyMs, queueMs, workerMs }) => latencyMs - queueMs - workerMs - handlingMs);
    const lone = clicks.map(({ latencyMs }) => latencyMs);
    return {
      measured: {
        decoder: {
          promptMs: quantilesOf(workMs([...busy.prompts]).map((ms) => ms + handlingMs)),
          freePromptMs: quantilesOf(workMs(clicks).map((ms) => ms + handlingMs)),
          previewSavesMs: round(Math.max(0, previewSavesMs)),
          prepareMs: quantilesOf(this.#processMs),
          fetchMs: round(Math.max(0.1, median(this.#storeMs) - median(this.#processMs))),
          preparedBytes: this.#preparedBytes,
          recordBytes: this.#rig.recordBytes,
        },
        gatewayMs: round(gatewayMs),
        clientMs: round(clientMs),
        transportMs: quantilesOf(wayMs.map((ms) => ms - gatewayMs - clientMs)),
        encodeMs: round(median(this.#encodeMs)),
      },
      saturatedPerSecond: round(1000 / onCoreMs),
      loneMs: { mean: round(mean(lone)), p50: round(quantile(lone, 0.5)), p95: round(quantile(lone, 0.95)) },
      handlingMs: round(handlingMs),
      elsewhere: round(this.#elsewhere),
    };
  }

  /**
   * Each time the next of the album: the ones before have left the process's memory when it begins anew, if it is long.
   * @returns those, and one more.
   */
  #coldPictures(): [string[], string] {
    const count = Math.ceil(this.#rig.decoderCacheBytes / this.#preparedBytes) + coldPictures;
    const { album } = this.#rig;
    const from = (count * this.#cold++) % album.length;
    const pictures = [...album, ...album].slice(from, from + count + 1);
    return [pictures.slice(0, count), pictures[count] as string];
  }

  async #undisturbed<T>(measure: () => Promise<T>): Promise<T> {
    const { result, elsewhere } = await undisturbed(this.#rig, this.#patience, this.#say, measure);
    this.#elsewhere = Math.max(this.#elsewhere, elsewhere);
    return result;
  }
}

/** Several loops as one. */
function together(loops: readonly Loop[]) {
  const prompts = loops.flatMap((loop) => loop.prompts);
  const sum = (of: (loop: Loop) => number) => loops.reduce((all, loop) => all + of(loop), 0);
  return {
    prompts,
    ms: sum(({ ms }) => ms),
    /** What a process took for a prompt. */
    cpuMs: (name: string) => sum(({ cpuMs }) => cpuMs[name] ?? 0) / prompts.length,
  };
}

/** Evenly spaced quantiles whose mean, as it is drawn from them (linear between two), is that of the values; none below 0. */
function quantilesOf(values: readonly number[]): number[] {
  const quantiles = Array.from({ length: steps + 1 }, (_, step) => quantile(values, step / steps));
  // The last step reaches to the greatest of all, which is chance.
  const drawn = mean(quantiles.slice(1).map((ms, step) => (ms + (quantiles[step] as number)) / 2));
  const tooMuch = drawn - mean(values);
  return quantiles.map((ms) => round(Math.max(0, ms - tooMuch)));
}
