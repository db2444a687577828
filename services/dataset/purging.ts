import type { Logger } from "../runtime/logger.js";
import type { Purge } from "./sets/purge.js";

/** Exports grow old while nobody deletes anything. */
const lookMs = 3_600_000;

/** Takes what nobody has any more away behind everybody's back: nobody waits for it, and whoever comes next goes on with it. */
export class Purging {
  readonly #purge: Pick<Purge, "step">;
  readonly #logger: Logger;
  #running: Promise<void> | undefined;
  #isDue = false;
  #isClosed = false;
  #looking: NodeJS.Timeout | undefined;

  constructor(purge: Pick<Purge, "step">, logger: Logger) {
    this.#purge = purge;
    this.#logger = logger;
  }

  /** There may be something. */
  begin(): void {
    this.#isDue = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Begins now, and once an hour. */
  start(): void {
    this.#looking ??= setInterval(() => this.begin(), lookMs).unref();
    this.begin();
  }

  /** The portion that is under way is ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#looking);
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#isDue && !this.#isClosed) {
        // Whoever begins during a portion wants another one.
        this.#isDue = false;
        if (await this.#purge.step()) this.#isDue = true;
      }
    } catch (err) {
      this.#logger.warn(
        { err },
        "some of what deleted data sets and old exports had is still there; it is tried again within an hour",
      );
    }
  }
}
