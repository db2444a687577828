import { PostgresDialect, type PostgresPool, type PostgresPoolClient } from "kysely";
import pg from "pg";
import type { Logger } from "../../runtime/logger.js";
import { databaseError, isSilence } from "./database-errors.js";

interface ConnectionOptions {
  readonly url: string;
  /** Open at once, at most. */
  readonly connections: number;
  /** A statement that takes longer is ended. */
  readonly statementMs: number;
  /** Once it is aborted there is no database; its reason says why. */
  readonly until?: AbortSignal | undefined;
}

const connectMs = 5000;
/** The database ends what takes too long by itself; one that has said nothing so long after that is out of reach. */
const answerMs = 5000;
/** Of silence; then each side asks whether the other is still there. */
const keepAliveMs = 10_000;
/** The same of the database's side, in its seconds: what somebody's lost machine held is free within a minute. */
const keepAliveSeconds = { idle: 10, interval: 10, count: 3 };
/** One that nobody needed for so long is closed. */
const idleMs = 30_000;
/** One that a transaction left, whose process hangs, is closed by the server: its locks are wanted. */
const idleInTransactionMs = 60_000;

/** Of any connection: a machine or a firewall between may be gone without a word. */
export const keptAlive = {
  keepAlive: true,
  keepAliveInitialDelayMillis: keepAliveMs,
  options: Object.entries(keepAliveSeconds)
    .map(([name, value]) => `-c tcp_keepalives_${name}=${value}`)
    .join(" "),
} as const;

/** The connections that queries take turns on; a broken one is replaced when it is needed next. */
export class Connections implements PostgresPool {
  readonly #pool: pg.Pool;
  readonly #until: AbortSignal | undefined;
  readonly #answerWithinMs: number;
  #ended: Promise<void> | undefined;

  constructor({ url, connections, statementMs, until }: ConnectionOptions, logger: Logger) {
    this.#until = until;
    this.#answerWithinMs = statementMs + answerMs;
    this.#pool = new pg.Pool({
      connectionString: url,
      max: connections,
      connectionTimeoutMillis: connectMs,
      idleTimeoutMillis: idleMs,
      statement_timeout: statementMs,
      idle_in_transaction_session_timeout: idleInTransactionMs,
      application_name: "maskwire",
      ...keptAlive,
      types,
    });
    // One that breaks while nobody uses it: whoever comes next gets another.
    this.#pool.on("error", (error) => logger.warn({ err: error }, "a connection to the database broke"));
    // One that breaks between two statements of whoever has it: the next statement says so.
    this.#pool.on("connect", (client) => client.on("error", () => {}));
  }

  connect(): Promise<PostgresPoolClient> {
    return this.#take({ query_timeout: this.#answerWithinMs });
  }

  /** Safe to call twice. */
  end(): Promise<void> {
    this.#ended ??= this.#pool.end();
    return this.#ended;
  }

  dialect(): PostgresDialect {
    return new PostgresDialect({ pool: this });
  }

  /** Of statements that may take as long as they take, over the same connections. */
  patientDialect(): PostgresDialect {
    return new PostgresDialect({ pool: { connect: () => this.#take({}), end: async () => {} } });
  }

  async #take(wait: { query_timeout?: number }): Promise<PostgresPoolClient> {
    this.#until?.throwIfAborted();
    const client = await this.#pool.connect().catch(rethrow);
    let silence: unknown;
    const query = async (text: string, values: unknown[]) => {
      // Another statement would wait as long again for the one before it.
      if (silence !== undefined) throw silence;
      return client.query({ text, values, ...wait }).catch((error: unknown) => {
        if (isSilence(error)) silence = databaseError(error);
        rethrow(error);
      });
    };
    return {
      query: query as unknown as PostgresPoolClient["query"],
      release: (destroy) => client.release(destroy || silence !== undefined),
    };
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
