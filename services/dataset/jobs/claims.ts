import { type Kysely, sql } from "kysely";
import type { Schema } from "../database/schema.js";
import { holderLocks } from "./news.js";
import type { Message, Pace } from "./queue.js";

type Executor = Kysely<Schema>;

/** Processes that have something claimed and that the database does not see: they have ended, or lost their connection just now. */
export async function missingHolders(db: Executor): Promise<number[]> {
  const { rows } = await sql<{ holder: number }>`
    select distinct holder from job_claims where not exists (
      select from pg_locks where locktype = 'advisory' and granted and classid = ${holderLocks} and objid::bigint = holder
        and objsubid = 2 and database = (select oid from pg_database where datname = current_database())
    )`.execute(db);
  return rows.map(({ holder }) => holder);
}

/** What they had, each once, whoever else looks. */
export async function claimsOf(trx: Executor, holders: readonly number[]): Promise<Message[]> {
  if (holders.length === 0) return [];
  const rows = await trx
    .deleteFrom("job_claims")
    .where("holder", "in", holders)
    .returning(["message", "pace", "job", "item"])
    .execute();
  return rows.map(({ message, pace, job, item }) => ({ id: message, pace: pace as Pace, job, item }));
}
