import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Kysely, sql, type Transaction } from "kysely";
import type { DatasetSequenceSchema } from "../../../proto/index.js";
import type { Schema } from "../database/schema.js";
import { notFound } from "../faults.js";
import type { SequenceRow } from "./place-frames.js";

export type SequenceInit = MessageInitShape<typeof DatasetSequenceSchema>;

interface NewSequence {
  readonly dataset: number;
  readonly name: string;
  readonly frameRate: number;
  readonly split: string;
  readonly person: string;
}

/** @returns undefined: there is one of that name. */
export async function insertSequence(trx: Transaction<Schema>, made: NewSequence): Promise<SequenceRow | undefined> {
  const { dataset, name, frameRate: frame_rate, split, person } = made;
  const row = await trx
    .insertInto("sequences")
    .values({ dataset, name, frame_rate, split, created_by: person })
    .onConflict((name) => name.doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row) await noteSequence(trx, row, person);
  return row;
}

/** Of a set, for whoever changes it: others that do wait. @throws ServiceError NOT_FOUND. */
export async function lockSequence(trx: Transaction<Schema>, set: number, id: bigint): Promise<SequenceRow> {
  const row = await trx
    .selectFrom("sequences")
    .selectAll()
    .where("dataset", "=", set)
    .where("id", "=", id)
    .where("deleted", "=", false)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (!row) throw noSequence(id);
  return row;
}

export const noSequence = (id: bigint) => notFound(`The data set has no sequence ${id}.`);

/** What a row is now, for versions. */
export async function noteSequence(trx: Transaction<Schema>, row: SequenceRow, person: string): Promise<void> {
  const { dataset, id: sequence, revision, name, frame_rate, split, deleted } = row;
  await trx
    .insertInto("sequence_revisions")
    .values({ dataset, sequence, revision, name, frame_rate, split, deleted, person })
    .execute();
}

/** With what is counted of them, in the rows' order. */
export async function sequenceMessages(db: Kysely<Schema>, rows: readonly SequenceRow[]): Promise<SequenceInit[]> {
  if (rows.length === 0) return [];
  const { rows: counts } = await sql<{ id: bigint; frames: bigint; tracks: bigint; first: bigint | null }>`
    select id, (select count(*) from pictures p where p.sequence = s.id and not p.deleted) as frames,
      (select count(*) from tracks t where t.sequence = s.id and not t.deleted) as tracks,
      (select p.id from pictures p where p.sequence = s.id and not p.deleted order by p.frame limit 1) as first
    from unnest(${rows.map(({ id }) => id)}::bigint[]) as s (id)`.execute(db);
  const countsOf = new Map(counts.map((row) => [row.id, row]));
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    frameRate: row.frame_rate,
    split: row.split,
    revision: row.revision,
    createdAt: timestampFromDate(row.created_at),
    createdBy: row.created_by,
    frames: Number(countsOf.get(row.id)?.frames ?? 0),
    tracks: Number(countsOf.get(row.id)?.tracks ?? 0),
    firstPicture: countsOf.get(row.id)?.first ?? 0n,
  }));
}
