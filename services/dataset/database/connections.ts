import { PostgresDialect, type PostgresPool, type PostgresPoolClient } from "kysely";
import pg from "pg";
import type { Logger } from "../../runtime/logger.js";
import { databaseError } from "./database-errors.js";

interface ConnectionOptions {
  readonly url: string;
  /** Open at once, at most. */
  readonly connections: number;
  /** A statement that takes longer is ended. */
  readonly statementMs: number;
}

const connectMs = 5000;
/** One that nobody needed for so long is closed. */
const idleMs = 30_000;
/** One that a transaction left, whose process hangs, is closed by the server: its locks are wanted. */
const idleInTransactionMs = 60_000;

/** The connections that queries take turns on; a broken one is replaced when it is needed next. */
export class Connections implements PostgresPool {
  readonly #pool: pg.Pool;

  constructor({ url, connections, statementMs }: ConnectionOptions, logger: Logger) {
    this.#pool = new pg.Pool({
      connectionString: url,
      max: connections,
      connectionTimeoutMillis: connectMs,
      idleTimeoutMillis: idleMs,
      statement_timeout: statementMs,
      idle_in_transaction_session_timeout: idleInTransactionMs,
      application_name: "maskwire",
      keepAlive: true,
      types,
    });
    // One that breaks while nobody uses it: whoever comes next gets another.
    this.#pool.on("error", (error) => logger.warn({ err: error }, "a connection to the database broke"));
    // One that breaks between two statements of whoever has it: the next statement says so.
    this.#pool.on("connect", (client) => client.on("error", () => {}));
  }

  async connect(): Promise<PostgresPoolClient> {
    const client = await this.#pool.connect().catch(rethrow);
    return {
      query: (async (sql: string, parameters: unknown[]) =>
        client.query(sql, parameters).catch(rethrow)) as unknown as PostgresPoolClient["query"],
      release: (destroy) => client.release(destroy),
    };
  }

  end(): Promise<void> {
    return this.#pool.end();
  }

  dialect(): PostgresDialect {
    return new PostgresDialect({ pool: this });
  }
}

function rethrow(error: unknown): never {
  throw databaseError(error);
}

const int8 = 20;
/** Ids have 64 bits, which a number does not. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: "text" | "binary") =>
    oid === int8 && format !== "binary"
      ? BigInt
      : pg.types.getTypeParser(oid, format)) as pg.CustomTypesConfig["getTypeParser"],
};
