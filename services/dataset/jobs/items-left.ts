import { type Kysely, sql } from "kysely";
import type { Schema } from "../database/schema.js";
import { openStates } from "./items.js";

/** How many items jobs that have not ended have yet to do, in the whole database: of the jobs' own rows, whatever they are over. */
export async function itemsLeft(db: Kysely<Schema>): Promise<number> {
  const { left } = await db
    .selectFrom("jobs")
    .innerJoin("datasets", "datasets.key", "jobs.dataset")
    .select(sql<number>`coalesce(sum(jobs.total - jobs.done - jobs.failed), 0)::float8`.as("left"))
    .where("jobs.state", "in", openStates)
    .where("datasets.deleted_at", "is", null)
    .executeTakeFirstOrThrow();
  return left;
}
