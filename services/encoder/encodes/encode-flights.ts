import { orAborted } from "../../runtime/waits.js";
import type { Ready } from "./ready.js";

type Image = NonNullable<Ready["image"]>;

/** Tells what becomes of an encode: how far it is, while it is under way. */
export type Progress = (
  | { stage: "queued"; position: number; etaMs: number; elsewhere?: true }
  /** `elsewhere`: in another process, which needs nobody here to wait for it. */
  | { stage: "encoding"; elsewhere?: true }
) & {
  /** The picture whose draft is there to be used meanwhile. */
  draft?: Image;
};

/** What was said so long ago, as it would be said now. */
export function aged(progress: Progress, ageMs: number): Progress {
  if (progress.stage === "encoding") return progress;
  return { ...progress, etaMs: Math.max(0, Math.round(progress.etaMs - ageMs)) };
}

interface Flight<T> {
  listeners: Set<(progress: Progress) => void>;
  latest: Progress | undefined;
  latestAt: number;
  outcome: Promise<T>;
  /** Rejects when the work is ended, whatever it still does. */
  ended: Promise<never>;
  end(error: Error): void;
  /** Aborts the work: because everybody has left, only while it still waits. */
  controller: AbortController;
}

/**
 * One encode for everybody who asks for the same embedding at once. Work that everybody has left is cancelled while it
 * still waits; once it runs it is finished, since its result is cached for the next.
 */
export class EncodeFlights<T> {
  readonly #flights = new Map<string, Flight<T>>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get size(): number {
    return this.#flights.size;
  }

  /** Whether asking for this key now joins work that is already under way. */
  has(key: string): boolean {
    return this.#flights.has(key);
  }

  /**
   * Joins the flight for `key`, or begins it with `work`.
   * @param listener hears the latest progress at once and every change until the outcome or `signal`'s abort.
   * @throws what `work` throws; AbortError when `signal` aborts first.
   */
  async join(
    key: string,
    listener: (progress: Progress) => void,
    signal: AbortSignal,
    work: (report: (progress: Progress) => void, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const flight = this.#flights.get(key) ?? this.#begin(key, work);
    // Everybody counts, also two with the same function.
    const listen = (progress: Progress) => listener(progress);
    flight.listeners.add(listen);
    if (flight.latest) listen(aged(flight.latest, this.#now() - flight.latestAt));
    try {
      return await orAborted(Promise.race([flight.outcome, flight.ended]), signal);
    } finally {
      flight.listeners.delete(listen);
      if (flight.listeners.size === 0 && this.#flights.get(key) === flight) {
        if (flight.latest?.stage !== "encoding" || flight.latest.elsewhere) {
          this.#flights.delete(key);
          flight.controller.abort();
        }
      }
    }
  }

  /**
   * Ends the work for keys that begin so, at whatever stage: all who wait are told why, and who asks now begins anew.
   * @returns when none of it does anything any more.
   */
  async end(prefix: string, error: Error): Promise<void> {
    const ended = [...this.#flights].filter(([key]) => key.startsWith(prefix));
    for (const [key, flight] of ended) {
      this.#flights.delete(key);
      flight.end(error);
    }
    await Promise.allSettled(ended.map(([, flight]) => flight.outcome));
  }

  /** Resolves when no flight is left, or when the signal aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    const landed = Promise.allSettled([...this.#flights.values()].map((flight) => flight.outcome));
    await Promise.race([landed, aborted]);
  }

  #begin(key: string, work: (report: (progress: Progress) => void, signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const listeners: Flight<T>["listeners"] = new Set();
    let endAll: (error: Error) => void = () => {};
    const ended = new Promise<never>((_, reject) => {
      endAll = reject;
    });
    ended.catch(() => {});
    const flight: Flight<T> = {
      ended,
      end: (error) => {
        endAll(error);
        controller.abort(error);
      },
      listeners,
      latest: undefined,
      latestAt: 0,
      controller,
      outcome: Promise.resolve() as never,
    };
    const report = (progress: Progress) => {
      flight.latest = progress;
      flight.latestAt = this.#now();
      for (const listener of listeners) listener(progress);
    };
    this.#flights.set(key, flight);
    flight.outcome = work(report, controller.signal).finally(() => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    });
    // Everybody may have left by the time it fails; that is nobody's unhandled rejection.
    flight.outcome.catch(() => {});
    return flight;
  }
}
