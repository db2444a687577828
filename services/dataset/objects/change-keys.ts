import { sql, type Transaction } from "kysely";
import type { Schema } from "../database/schema.js";

/** What a change came to that was answered before. */
export interface Answered {
  readonly object: bigint;
  readonly revision: number;
}

/**
 * Claims keys of changes for this transaction; whoever claims the same meanwhile waits for its end.
 * @returns what became of those that were answered before.
 */
export async function claimKeys(
  trx: Transaction<Schema>,
  { set, person }: { set: number; person: string },
  keys: readonly string[],
): Promise<Map<string, Answered>> {
  if (keys.length === 0) return new Map();
  // In one order for all: two who claim the same keys wait for each other once, and not in a ring.
  const ordered = [...keys].sort();
  const { rows: claimed } = await sql<{ key: string }>`
    insert into change_keys (dataset, person, key, object, revision)
    select ${set}, ${person}, key, 0, 0 from unnest(${ordered}::text[]) as key
    on conflict do nothing returning key`.execute(trx);
  if (claimed.length === ordered.length) return new Map();
  const rows = await trx
    .selectFrom("change_keys")
    .select(["key", "object", "revision"])
    .where("dataset", "=", set)
    .where("person", "=", person)
    .where("key", "in", ordered)
    .where("revision", ">", 0)
    .execute();
  return new Map(rows.map(({ key, ...answered }) => [key, answered]));
}

/**
 * Notes what claimed keys came to; those of changes that were not made are free again. Keys are remembered for a day: twice as many as are
 * noted are forgotten, so that no more are kept than a day has.
 */
export async function noteKeys(
  trx: Transaction<Schema>,
  { set, person }: { set: number; person: string },
  made: ReadonlyMap<string, Answered>,
  notMade: readonly string[],
): Promise<void> {
  const keys = [...made.keys()];
  const answers = [...made.values()];
  if (keys.length > 0) {
    await sql`
      with forgotten as (
        delete from change_keys where ctid = any (array (
          select ctid from change_keys where at < now() - interval '1 day' limit ${2 * keys.length} for update skip locked
        ))
      )
      update change_keys set object = given.object, revision = given.revision
      from unnest(${keys}::text[], ${answers.map(({ object }) => object)}::bigint[], ${answers.map(({ revision }) => revision)}::int[])
        as given (key, object, revision)
      where dataset = ${set} and person = ${person} and change_keys.key = given.key`.execute(trx);
  }
  if (notMade.length > 0) {
    await trx
      .deleteFrom("change_keys")
      .where("dataset", "=", set)
      .where("person", "=", person)
      .where("key", "in", notMade)
      .execute();
  }
}
