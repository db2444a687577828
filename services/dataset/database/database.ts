import { Kysely, type Transaction } from "kysely";
import pLimit, { type LimitFunction } from "p-limit";
import type { Logger } from "../../runtime/logger.js";
import { Connections } from "./connections.js";
import { isTwisted } from "./database-errors.js";
import { migrate } from "./migrate.js";
import type { Schema } from "./schema.js";
import { OwnServer } from "./server/own-server.js";

interface DatabaseSettings {
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
  readonly #pool: Connections;
  readonly #own: OwnServer | undefined;
  readonly #withFiles: LimitFunction;

  private constructor(
    url: string,
    { pool, own, connections }: { pool: Connections; own: OwnServer | undefined; connections: number },
  ) {
    this.url = url;
    this.db = new Kysely<Schema>({ dialect: pool.dialect() });
    this.#pool = pool;
    this.#own = own;
    this.#withFiles = pLimit(Math.max(1, Math.floor(connections / 2)));
  }

  /** Its tables are up to date then. @throws ServiceError UNAVAILABLE when it cannot be reached; FAILED_PRECONDITION when it cannot be used. */
  static async open(settings: DatabaseSettings, logger: Logger): Promise<Database> {
    const { folder, connections, statementMs } = settings;
    const own = settings.url === undefined ? await OwnServer.start({ folder, logger }) : undefined;
    const url = settings.url ?? own?.url ?? "";
    const pool = new Connections({ url, connections, statementMs, until: own?.lost }, logger);
    const database = new Database(url, { pool, own, connections });
    try {
      await migrate(new Kysely<Schema>({ dialect: pool.patientDialect() }));
      return database;
    } catch (error) {
      await database.close();
      throw error;
    }
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

  /**
   * As `transaction`, for work that keeps or deletes files meanwhile: however slow these are, half of the connections stay with
   * those who want none.
   */
  transactionWithFiles<T>(work: (trx: Transaction<Schema>) => Promise<T>): Promise<T> {
    return this.#withFiles(() => this.transaction(work));
  }

  async close(): Promise<void> {
    await this.db.destroy();
    // Which is not done for one that was asked nothing.
    await this.#pool.end();
    await this.#own?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
