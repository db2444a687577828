import type { Logger } from "./logger.js";

type Log = Pick<Logger, "info" | "warn" | "error">;

interface Bound {
  /** Aborts when the time for all of them is over. */
  readonly isOver: AbortSignal;
  /** A part that begins after that has so long. */
  readonly leastMs: number;
  /** It has no longer than this, whatever is left for all: to reach that is its usual end, of which nobody is warned. */
  readonly usualMs?: number;
}

/**
 * The parts of a stop, one after the other. Each has a bound and is left behind when it reaches that: a warning says which it was, and
 * the line at the end how long each of them took.
 */
export class StopParts {
  readonly #logger: Log;
  readonly #beganAt = performance.now();
  readonly #tookMs: Record<string, number> = {};

  constructor(logger: Log) {
    this.#logger = logger;
  }

  /**
   * Resolves when the work is over or has failed, which is logged, or at its bound.
   * @param part its name in the log.
   * @param detail told of a part that reached its bound, also when it ended by that.
   * @returns whether it was left behind.
   */
  async run(part: string, work: () => unknown, bound: Bound, detail?: () => object): Promise<boolean> {
    const beganAt = performance.now();
    let isLate = false;
    const isLeft = await new Promise<boolean>((resolve) => {
      // A turn more, for what listens to the same signal.
      const end = untilOver(bound, () => {
        isLate = bound.usualMs === undefined;
        setImmediate(resolve, true);
      });
      (async () => work())()
        .catch((err: unknown) => this.#logger.error({ err, part }, "a part of the stop failed"))
        .finally(() => {
          end();
          resolve(false);
        });
    });
    const tookMs = sinceMs(beganAt);
    this.#tookMs[part] = tookMs;
    if (isLate) this.#logger.warn({ part, tookMs, isLeft, ...detail?.() }, "a part of the stop took all of its time");
    return isLeft;
  }

  /** All of them are through. */
  over(): void {
    this.#logger.info({ tookMs: sinceMs(this.#beganAt), parts: this.#tookMs }, "stopped");
  }
}

/** @returns what ends the wait. */
function untilOver({ isOver, leastMs, usualMs }: Bound, onOver: () => void): () => void {
  const ms = isOver.aborted ? leastMs : usualMs;
  // A timer, and no signal of one: joined with others (`AbortSignal.any`) that is collected before its time, and never aborts.
  const timer = ms === undefined ? undefined : setTimeout(onOver, ms);
  isOver.addEventListener("abort", onOver, { once: true });
  return () => {
    clearTimeout(timer);
    isOver.removeEventListener("abort", onOver);
  };
}

const sinceMs = (at: number) => Math.round(performance.now() - at);
