import { sql } from "kysely";
import type { Logger } from "../runtime/logger.js";
import type { OnDemand } from "./on-demand.js";
import type { Parts } from "./parts.js";

/** Between two looks: the database tells nobody that it is gone. */
const lookMs = 5000;

type Databases = Pick<OnDemand<Pick<Parts, "database"> & AsyncDisposable>, "get">;

interface WatchOptions {
  logger: Logger;
  onChange(): void;
  /** In place of the usual. */
  everyMs?: number;
}

/** Whether a database that is somebody else's can be asked; the first look opens it. */
export class DatabaseWatch {
  readonly #parts: Databases;
  readonly #options: WatchOptions;
  #isUp = false;
  #isClosed = false;
  #wasTold = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: Databases, options: WatchOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  start(): void {
    void this.#look();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const { logger, everyMs = lookMs } = this.#options;
    try {
      const { database } = await this.#parts.get();
      await sql`select 1`.execute(database.db);
      this.#become(true);
    } catch (err) {
      if (!this.#isClosed && (this.#isUp || !this.#wasTold))
        logger.error({ err }, "the database cannot be asked; it is tried again");
      this.#wasTold = true;
      this.#become(false);
    }
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#look(), everyMs).unref();
  }

  #become(isUp: boolean): void {
    if (this.#isClosed || isUp === this.#isUp) return;
    this.#isUp = isUp;
    if (isUp) this.#options.logger.info({}, "the database answers");
    this.#options.onChange();
  }
}
