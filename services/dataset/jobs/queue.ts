import { CompiledQuery, type Kysely } from "kysely";
import PgBoss from "pg-boss";
import type { Logger } from "../../runtime/logger.js";
import type { Database } from "../database/database.js";
import type { Schema } from "../database/schema.js";

/** Work on one picture takes its turn with others'; what goes through a whole set takes long, and none waits for it. */
export type Pace = "pictures" | "whole";
const queues: Record<Pace, string> = { pictures: "maskwire-pictures", whole: "maskwire-whole" };
/** What was tried as often as it may be. */
const deadQueue = "maskwire-dead";

/** A second, then twice as long each time, about: a minute in all, which outlives a machine that is busy with something else. */
const usualTries = { retryLimit: 6, retryDelay: 1, retryBackoff: true };
/** By then something is wrong with whoever has it: what belongs to a process that ended is found much sooner, by its claim. */
const mostHours = 23;
const keptDays = 365;

export interface Tries {
  readonly retryLimit: number;
  /** Seconds. */
  readonly retryDelay: number;
  readonly retryBackoff: boolean;
}

/** Which item of which job; the rest is in their rows. */
export interface Task {
  readonly job: string;
  readonly item: bigint;
}

export interface Message extends Task {
  readonly id: string;
  readonly pace: Pace;
}

interface DeadMessage extends Task {
  readonly id: string;
  readonly reason: string;
}

type Executor = Kysely<Schema>;
interface Data {
  job: string;
  item: string;
}

/** pg-boss's queues. Everything is done in the transaction that is given: it happens with the rest of it, or not. */
export class Queue {
  readonly #boss: PgBoss;

  private constructor(boss: PgBoss) {
    this.#boss = boss;
  }

  /** Makes and migrates its tables. */
  static async open(database: Database, logger: Logger, tries: Tries = usualTries): Promise<Queue> {
    const boss = new PgBoss({
      db: over(database.db),
      schema: "pgboss",
      schedule: false,
      archiveCompletedAfterSeconds: 60,
      deleteAfterMinutes: 10,
    });
    boss.on("error", (err) => logger.warn({ err }, "the queue of jobs was not looked after; it will be tried again"));
    const queue = new Queue(boss);
    try {
      await boss.start();
      await boss.createQueue(deadQueue, { name: deadQueue, retryLimit: 1_000_000, retentionDays: keptDays });
      for (const name of Object.values(queues)) {
        const limits = { ...tries, expireInHours: mostHours, retentionDays: keptDays, deadLetter: deadQueue };
        await boss.createQueue(name, { name, ...limits });
        await boss.updateQueue(name, { name, ...limits });
      }
      return queue;
    } catch (error) {
      // Its upkeep asks a database by the clock that whoever opens it next opens anew.
      await queue.close();
      throw error;
    }
  }

  async send(trx: Executor, pace: Pace, tasks: readonly Task[]): Promise<void> {
    if (tasks.length === 0) return;
    const messages = tasks.map(({ job, item }) => ({ name: queues[pace], data: { job, item: String(item) } }));
    await this.#boss.insert(messages, { db: over(trx) });
  }

  /** The next one that nobody has; it is this process's then. */
  async take(trx: Executor, pace: Pace): Promise<Message | undefined> {
    const [first] = await this.#boss.fetch<Data>(queues[pace], { batchSize: 1, db: over(trx) });
    return first && { id: first.id, pace, job: first.data.job, item: BigInt(first.data.item) };
  }

  async takeDead(trx: Executor): Promise<DeadMessage | undefined> {
    const [first] = await this.#boss.fetch<Data>(deadQueue, { batchSize: 1, includeMetadata: true, db: over(trx) });
    if (!first) return undefined;
    const { message } = (first.output ?? {}) as { message?: unknown };
    const reason = typeof message === "string" ? message : "";
    return { id: first.id, job: first.data.job, item: BigInt(first.data.item), reason };
  }

  async complete(trx: Executor, { id, pace }: Pick<Message, "id" | "pace">): Promise<void> {
    await this.#boss.complete(queues[pace], id, {}, { db: over(trx) });
  }

  async bury(trx: Executor, { id }: DeadMessage): Promise<void> {
    await this.#boss.complete(deadQueue, id, {}, { db: over(trx) });
  }

  /** Comes again after a while, or is dead when that was its last try. */
  async fail(trx: Executor, { id, pace }: Pick<Message, "id" | "pace">, reason: string): Promise<void> {
    await this.#boss.fail(queues[pace], id, { message: reason }, { db: over(trx) });
  }

  async close(): Promise<void> {
    await this.#boss.stop({ graceful: false, close: false });
  }
}

const over = (db: Executor): PgBoss.Db => ({
  executeSql: async (text, values) => {
    // Commands of several statements, which its upkeep has, give no rows.
    const { rows } = await db.executeQuery(CompiledQuery.raw(text, values ?? []));
    return { rows: (rows as unknown[] | undefined) ?? [] };
  },
});
