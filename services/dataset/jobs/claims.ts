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

/** The ids of the messages that a process has claimed. */
export async function claimedBy(db: Executor, holder: number): Promise<string[]> {
  const rows = await db.selectFrom("job_claims").select("message").where("holder", "=", holder).execute();
  return rows.map(({ message }) => message);
}

/** What processes that have ended had, and those messages: each once, whoever else looks. */
export async function takeClaims(
  trx: Executor,
  { holders, messages }: { holders: readonly number[]; messages: readonly string[] },
): Promise<Message[]> {
  const rows = await trx
    .deleteFrom("job_claims")
    .where(sql<boolean>`holder = any (${holders}::int[]) or message = any (${messages}::uuid[])`)
    .returning(["message", "pace", "job", "item"])
    .execute();
  return rows.map(({ message, pace, job, item }) => ({ id: message, pace: pace as Pace, job, item }));
}
