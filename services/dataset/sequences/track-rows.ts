import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Kysely, type Selectable, sql, type Transaction } from "kysely";
import { type DatasetTrackSchema, ObjectState, TrackState } from "../../../proto/index.js";
import type { Schema } from "../database/schema.js";

export type TrackRow = Selectable<Schema["tracks"]>;
export type TrackInit = MessageInitShape<typeof DatasetTrackSchema>;

/** @returns undefined: the sequence has one of that name. */
export async function insertTrack(
  trx: Transaction<Schema>,
  { person, ...made }: { dataset: number; sequence: bigint; name: string; label: number; person: string },
): Promise<TrackRow | undefined> {
  const row = await trx
    .insertInto("tracks")
    .values(made)
    .onConflict((name) => name.doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row) await noteTrack(trx, row, person);
  return row;
}

/** What a row is now, for versions. */
export async function noteTrack(trx: Transaction<Schema>, row: TrackRow, person: string): Promise<void> {
  const { dataset, id: track, revision, name, label, deleted } = row;
  await trx.insertInto("track_revisions").values({ dataset, track, revision, name, label, deleted, person }).execute();
}

interface Counted {
  readonly track: bigint;
  readonly frames: bigint;
  readonly first: number;
  readonly last: number;
  readonly unsure: bigint;
}

/** With what is counted of them, in the rows' order. */
export async function trackMessages(db: Kysely<Schema>, rows: readonly TrackRow[]): Promise<TrackInit[]> {
  if (rows.length === 0) return [];
  const { rows: counts } = await sql<Counted>`
    select o.track, count(*) as frames, min(p.frame) as first, max(p.frame) as last,
      count(*) filter (where o.followed = ${TrackState.UNSURE} and o.state = ${ObjectState.PROPOSED}) as unsure
    from objects o join pictures p on p.id = o.picture
    where o.track = any (${rows.map(({ id }) => id)}::bigint[]) and o.state <> ${ObjectState.DELETED}
    group by o.track`.execute(db);
  const countsOf = new Map(counts.map((row) => [row.track, row]));
  return rows.map(({ id, sequence, name, label, revision }) => {
    const { frames = 0n, first = 0, last = 0, unsure = 0n } = countsOf.get(id) ?? {};
    return { id, sequence, name, label, revision, frames: Number(frames), first, last, unsure: Number(unsure) };
  });
}
