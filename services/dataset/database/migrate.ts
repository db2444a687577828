import { type Kysely, type Migration, sql, type Transaction } from "kysely";
import { Code, ServiceError } from "../../runtime/errors.js";
import { migrations } from "./migrations/index.js";
import type { Schema } from "./schema.js";

/** Whoever changes the tables holds it; a number that nothing else in the database is likely to choose. */
const advisoryLock = 7_305_221_904;

/**
 * Brings the tables up to date, all or nothing. Of several processes that start at once one does it, and the others wait.
 * @param known in their order. @throws ServiceError FAILED_PRECONDITION when a newer release has been at them.
 */
export async function migrate(
  db: Kysely<Schema>,
  known: Readonly<Record<string, Migration>> = migrations,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    // Of however many rows there are, and however long others take.
    await sql`set local statement_timeout = 0`.execute(trx);
    await sql`select pg_advisory_xact_lock(${advisoryLock})`.execute(trx);
    const done = await doneIn(trx);
    const later = done.find((name) => !Object.hasOwn(known, name));
    if (later !== undefined) throw newer(later);
    for (const [name, { up }] of Object.entries(known)) {
      if (done.includes(name)) continue;
      await up(trx);
      await sql`insert into migrations (name) values (${name})`.execute(trx);
    }
  });
}

async function doneIn(trx: Transaction<Schema>): Promise<string[]> {
  const table = await sql<{ there: boolean }>`select to_regclass('migrations') is not null as there`.execute(trx);
  if (!table.rows[0]?.there) {
    await sql`create table migrations (name text primary key, at timestamptz not null default now())`.execute(trx);
    return [];
  }
  const { rows } = await sql<{ name: string }>`select name from migrations`.execute(trx);
  return rows.map(({ name }) => name);
}

const newer = (name: string) =>
  new ServiceError({
    code: Code.FAILED_PRECONDITION,
    message: `The database is a newer Maskwire's, which has done "${name}" to it: run that release, or restore what was saved before.`,
  });
