import { type Kysely, sql } from "kysely";

/**
 * What whoever started a job may have encoded goes with it, and until when it waits once that is used up: any process may go on with it, and none has
 * to know who that was.
 */
const tables = `
alter table jobs add column limits jsonb not null default '{}';
alter table jobs add column held_until timestamptz;
create index jobs_that_are_held on jobs (held_until) where held_until is not null;
`;

export async function up(db: Kysely<never>): Promise<void> {
  await sql.raw(tables).execute(db);
}
