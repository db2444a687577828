import { Kysely, type Transaction } from "kysely";
import type { Logger } from "../../runtime/logger.js";
import { Connections } from "./connections.js";
import { isTwisted } from "./database-errors.js";
import type { Schema } from "./schema.js";

export interface DatabaseSettings {
  /** postgres://..., or undefined: a server of our own, in `folder`. */
  readonly url: string | undefined;
  /** Where our own server keeps its files. */
  readonly folder: string;
  /** Open at once, at most. */
  readonly connections: number;
  /** A statement that takes longer is ended. */
  readonly statementMs: number;
}

/** How often a transaction is tried that others get in the way of. */
const tries = 5;

/** The data sets' PostgreSQL. */
export class Database implements AsyncDisposable {
  readonly db: Kysely<Schema>;
  /** For libraries with connections of their own. */
  readonly url: string;

  private constructor(url: string, db: Kysely<Schema>) {
    this.url = url;
    this.db = db;
  }

  /** @throws ServiceError UNAVAILABLE when it cannot be reached. */
  static async open(settings: DatabaseSettings, logger: Logger): Promise<Database> {
    const { url, connections, statementMs } = settings;
    if (url === undefined) throw new Error("no own server yet");
    const pool = new Connections({ url, connections, statementMs }, logger);
    return new Database(url, new Kysely<Schema>({ dialect: pool.dialect() }));
  }

  /** All or nothing. Done again where another transaction got in the way: `work` may run several times. */
  async transaction<T>(work: (trx: Transaction<Schema>) => Promise<T>): Promise<T> {
    for (let left = tries; ; left--) {
      try {
        return await this.db.transaction().execute(work);
      } catch (error) {
        if (left <= 1 || !isTwisted(error)) throw error;
      }
    }
  }

  async close(): Promise<void> {
    await this.db.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
