import { randomInt } from "node:crypto";
import { type Kysely, sql } from "kysely";
import pg from "pg";
import type { Logger } from "../../runtime/logger.js";
import { keptAlive } from "../database/connections.js";
import type { Schema } from "../database/schema.js";

const channel = "maskwire_jobs";
/** Of our advisory locks that say who is alive. */
export const holderLocks = 0x4d57;

const reconnectMs = { first: 200, most: 5000 };

interface NewsEvents {
  /** Something of this job has changed. */
  onJob(job: string): void;
  /** Anything may have: it was not listened for a while. */
  onGap(): void;
}

/** Told with the transaction, once that is committed. */
export async function tell(trx: Kysely<Schema>, job: string): Promise<void> {
  await sql`select pg_notify(${channel}, ${job})`.execute(trx);
}

/**
 * Hears what other processes do, on a connection of its own, for as long as it lives; the database knows by the same connection that
 * this process is alive, and which.
 */
export class News {
  /** This process, by the lock that it holds while it is connected. */
  readonly holder = randomInt(1, 2 ** 31 - 1);
  readonly #url: string;
  readonly #events: NewsEvents;
  readonly #logger: Logger;
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #tries = 0;
  #isClosed = false;

  constructor(url: string, events: NewsEvents, logger: Logger) {
    this.#url = url;
    this.#events = events;
    this.#logger = logger;
  }

  /** Resolves when it hears, or has failed to for the first time; it goes on trying then. */
  async open(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#url,
      connectionTimeoutMillis: 5000,
      application_name: "maskwire jobs",
      ...keptAlive,
    });
    this.#client = client;
    client.on("notification", ({ payload }) => this.#events.onJob(payload ?? ""));
    const onLost = (err?: Error) => {
      if (this.#client !== client) return;
      this.#client = undefined;
      if (!this.#isClosed) this.#later(err);
    };
    client.on("error", onLost);
    client.on("end", () => onLost());
    try {
      await client.connect();
      await client.query(`listen ${channel}`);
      await client.query("select pg_advisory_lock_shared($1, $2)", [holderLocks, this.holder]);
      this.#tries = 0;
      this.#events.onGap();
    } catch (error) {
      onLost(error instanceof Error ? error : undefined);
      await client.end().catch(() => {});
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#client?.end().catch(() => {});
  }

  #later(err: Error | undefined): void {
    if (this.#tries === 0) this.#logger.warn({ err }, "news of jobs are not heard; trying again");
    const waitMs = Math.min(reconnectMs.first * 2 ** this.#tries++, reconnectMs.most);
    this.#timer = setTimeout(() => void this.open(), waitMs).unref();
  }
}
