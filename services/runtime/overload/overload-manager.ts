import { overloaded } from "../errors.js";
import type { Logger } from "../logger.js";
import { Counter, Gauge, type Registry } from "../metrics.js";
import type { Doorkeeper } from "./doorkeeper.js";
import { type Change, judge, type OverloadState } from "./overload-state.js";
import {
  type Action,
  type OverloadSettings,
  type Reading,
  type Relief,
  refusable,
  reliefs,
  type Threshold,
  thresholdsOf,
  type Work,
} from "./thresholds.js";

/** Between two readings. */
const readMs = 1000;

/** What a person is told, and after how long to try again. */
const refusals: Record<Work, { message: string; retryMs: number }> = {
  previews: { message: "The server is too busy for previews at the moment.", retryMs: 2000 },
  everything: {
    message: "The server is too busy for everything mode at the moment; try again later.",
    retryMs: 10_000,
  },
  uploads: { message: "The server is too busy for new pictures at the moment; try again soon.", retryMs: 5000 },
  sessions: { message: "The server is too busy for new sessions at the moment; try again soon.", retryMs: 5000 },
  clicks: { message: "The server is too busy at the moment; try again soon.", retryMs: 2000 },
};

interface OverloadOptions {
  settings: OverloadSettings;
  metrics: Registry;
  logger: Logger;
}

/**
 * Sheds load before the kernel ends the process: after Envoy's overload manager, readings switch actions on and off by named
 * thresholds. What is missed least is refused first, clicks last.
 */
export class OverloadManager implements Doorkeeper {
  readonly #thresholds: Threshold[];
  readonly #logger: Logger;
  readonly #refusals: Counter;
  readonly #reliefs = new Map<Relief, { givers: (() => void)[]; readingsLeft: number }>();
  readonly #on = new Set<Action>();
  #state: OverloadState = new Map();
  #reading: Reading | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor({ settings, metrics, logger }: OverloadOptions) {
    this.#thresholds = thresholdsOf(settings);
    this.#logger = logger;
    const registers = [metrics];
    const [thresholds, on] = [this.#thresholds, this.#on];
    new Gauge({
      name: "maskwire_overload_active",
      help: "1 while an action against overload is on",
      labelNames: ["action"],
      registers,
      collect() {
        for (const { action } of thresholds) this.set({ action }, on.has(action) ? 1 : 0);
      },
    });
    this.#refusals = new Counter({
      name: "maskwire_overload_refusals_total",
      help: "Requests that were refused by an action against overload",
      labelNames: ["action"],
      registers,
    });
    for (const work of refusable) this.#refusals.inc({ action: `refuse-${work}` }, 0);
  }

  /** Takes a reading about every second, until `close`. */
  start(pressure: { read(): Reading }): void {
    this.#timer = setInterval(() => this.observe(pressure.read()), readMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  check(work: Work): void {
    const action = `refuse-${work}` as const;
    if (!this.#on.has(action)) return;
    this.#refusals.inc({ action });
    const { message, retryMs } = refusals[work];
    throw overloaded(message, retryMs);
  }

  /** @param give gives memory back: asked when it runs out, and again while it does. */
  onRelief(relief: Relief, give: () => void): void {
    const known = this.#reliefs.get(relief);
    if (known) known.givers.push(give);
    else this.#reliefs.set(relief, { givers: [give], readingsLeft: 0 });
  }

  observe(reading: Reading): void {
    const { state, changes } = judge(this.#state, reading, this.#thresholds);
    this.#state = state;
    this.#reading = reading;
    for (const change of changes) this.#change(change, reading);
    this.#relieve();
  }

  /** For /readyz. */
  describe(): { actions: Action[] } & Partial<Reading> {
    return { actions: [...this.#on], ...this.#reading };
  }

  #change({ action, isOn, monitor }: Change, reading: Reading): void {
    if (isOn) {
      this.#on.add(action);
      this.#logger.warn({ action, because: monitor, ...reading }, "overloaded: an action begins");
    } else {
      this.#on.delete(action);
      this.#logger.info({ action, ...reading }, "overloaded no more: an action ends");
    }
  }

  #relieve(): void {
    for (const [relief, one] of this.#reliefs) {
      if (!this.#on.has(relief)) one.readingsLeft = 0;
      else if (one.readingsLeft-- === 0) {
        one.readingsLeft = reliefs[relief] - 1;
        for (const give of one.givers) give();
      }
    }
  }
}
