import { sql } from "kysely";
import type { Database } from "../database/database.js";

/** How many in this database wait for what another has locked. */
export async function waiting({ db }: Database): Promise<number> {
  const { rows } = await sql`
    select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
  return rows.length;
}
