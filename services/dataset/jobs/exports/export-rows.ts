import { fromBinary } from "@bufbuild/protobuf";
import { type Kysely, sql } from "kysely";
import { PictureState, ProvenanceSchema } from "../../../../proto/index.js";
import type { Schema } from "../../database/schema.js";
import type { ExportObject } from "../../formats/types.js";
import { wasFrameOf } from "../../pictures/ever-frames.js";

/** What of a version is exported. */
export interface Cut {
  /** The data set's key. */
  readonly dataset: number;
  /** Up to which change. */
  readonly change: bigint;
  /** Empty: all. */
  readonly splits: readonly string[];
  readonly labels: readonly number[];
  readonly states: readonly number[];
}

export interface PictureInVersion {
  readonly id: bigint;
  readonly image_id: string;
  readonly width: number;
  readonly height: number;
  readonly name: string;
  readonly split: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Null: it is no frame. */
  readonly sequence: bigint | null;
  readonly frame: number | null;
}

/** Pictures as they were, without those that people have left out of exports. */
const picturesAt = ({ dataset, change }: Cut) => sql`
  pictures p cross join lateral (
    select * from picture_revisions r
    where r.dataset = p.dataset and r.picture = p.id and r.change <= ${change} order by r.revision desc limit 1
  ) r
  where p.dataset = ${dataset} and not r.deleted and r.state <> ${PictureState.SKIPPED}`;

const pictureColumns = sql`
  p.id, p.image_id, p.width, p.height, r.name, r.split, r.attributes, r.sequence, r.frame`;

/** The splits of a version's pictures, and how many each has. */
export async function splitsIn(db: Kysely<Schema>, cut: Cut): Promise<{ split: string; pictures: number }[]> {
  const { rows } = await sql<{ split: string; pictures: bigint }>`
    select r.split, count(*) as pictures from ${picturesAt(cut)} group by r.split order by r.split`.execute(db);
  return rows
    .filter(({ split }) => cut.splits.length === 0 || cut.splits.includes(split))
    .map(({ split, pictures }) => ({ split, pictures: Number(pictures) }));
}

/** The next ones after a picture, in the order in which they were added. */
export async function picturesIn(
  db: Kysely<Schema>,
  cut: Cut,
  split: string,
  { after, most }: { after: bigint; most: number },
): Promise<PictureInVersion[]> {
  const { rows } = await sql<PictureInVersion>`
    select ${pictureColumns} from ${picturesAt(cut)}
      and r.split = ${split} and p.id > ${after}
    order by p.id limit ${most}`.execute(db);
  return rows;
}

export interface SequenceInVersion {
  readonly id: bigint;
  readonly name: string;
  readonly frame_rate: number;
  readonly length: bigint;
  readonly width: number;
  readonly height: number;
}

/** The next ones of a split after a sequence, as they were; those without a frame are left out. */
export async function sequencesIn(
  db: Kysely<Schema>,
  cut: Cut,
  split: string,
  { after, most }: { after: bigint; most: number },
): Promise<SequenceInVersion[]> {
  const { rows } = await sql<SequenceInVersion>`
    select s.id, v.name, v.frame_rate, frames.length, frames.width, frames.height
    from sequences s cross join lateral (
      select * from sequence_revisions v
      where v.dataset = s.dataset and v.sequence = s.id and v.change <= ${cut.change} order by v.revision desc limit 1
    ) v cross join lateral (
      select count(*) as length, max(p.width) as width, max(p.height) as height
      from ${picturesAt(cut)} and ${wasFrameOf(sql`s.id`)} and r.sequence = s.id and r.split = ${split}
    ) frames
    where s.dataset = ${cut.dataset} and s.id > ${after} and not v.deleted and frames.length > 0
    order by s.id limit ${most}`.execute(db);
  return rows;
}

/** The next frames of a sequence after one, in its order. */
export async function framesIn(
  db: Kysely<Schema>,
  cut: Cut,
  { sequence, split }: { sequence: bigint; split: string },
  { after, most }: { after: number; most: number },
): Promise<PictureInVersion[]> {
  const { rows } = await sql<PictureInVersion>`
    select ${pictureColumns} from ${picturesAt(cut)}
      and ${wasFrameOf(sequence)} and r.sequence = ${sequence} and r.split = ${split} and r.frame > ${after}
    order by r.frame limit ${most}`.execute(db);
  return rows;
}

/** A sequence's tracks, as they were. */
export async function tracksIn(
  db: Kysely<Schema>,
  { dataset, change, labels }: Cut,
  sequence: bigint,
): Promise<{ id: bigint; name: string; label: number }[]> {
  const { rows } = await sql<{ id: bigint; name: string; label: number }>`
    select t.id, v.name, v.label from tracks t cross join lateral (
      select * from track_revisions v
      where v.dataset = t.dataset and v.track = t.id and v.change <= ${change} order by v.revision desc limit 1
    ) v
    where t.dataset = ${dataset} and t.sequence = ${sequence} and not v.deleted
      and (${labels.length} = 0 or v.label = any (${labels}::int[]))
    order by t.id`.execute(db);
  return rows;
}

/** Whether an object of those that are exported has no label. */
export async function hasUnlabelled(db: Kysely<Schema>, { dataset, change, labels, states }: Cut): Promise<boolean> {
  if (labels.length > 0) return false;
  // Of what a set has once had a count stays, of none as well: mostly no object need be looked at.
  const counted = await db
    .selectFrom("object_counts")
    .select("label")
    .where("dataset", "=", dataset)
    .where("label", "=", 0)
    .limit(1)
    .executeTakeFirst();
  if (!counted) return false;
  const { rows } = await sql`
    select from objects o cross join lateral (
      select * from object_revisions r
      where r.picture = o.picture and r.object = o.id and r.change <= ${change} order by r.revision desc limit 1
    ) r
    where o.dataset = ${dataset} and r.label = 0 and r.state = any (${states}::int[]) limit 1`.execute(db);
  return rows.length > 0;
}

interface ObjectRow {
  readonly id: bigint;
  readonly picture: bigint;
  readonly label: number;
  readonly attributes: Readonly<Record<string, string>>;
  readonly track: bigint | null;
  readonly counts: string;
  readonly provenance: Uint8Array | null;
}

/** Pictures, the next ones of those that were asked for, each with all of its objects. */
interface Filled {
  readonly pictures: readonly PictureInVersion[];
  readonly objects: ReadonlyMap<bigint, ExportObject[]>;
}

/**
 * Objects of some pictures as they were: of all of these, or of the first ones, whose masks are `mostBytes` together or which are one.
 * @param pictures in the order of their ids, at least one. @param track of this one alone.
 */
export async function objectsIn(
  db: Kysely<Schema>,
  { dataset, change, labels, states }: Cut,
  pictures: readonly PictureInVersion[],
  { nameOf, mostBytes, track }: { nameOf: ReadonlyMap<number, string>; mostBytes: number; track?: bigint },
): Promise<Filled> {
  const sizes = new Map(pictures.map(({ id, width, height }) => [id, [height, width]]));
  // Of what is over, only that it is there is told.
  const { rows } = await sql<ObjectRow | { picture: bigint; counts: null }>`
    with found as (
      select o.id, o.picture, r.label, r.attributes, r.track, m.counts, m.provenance,
        first_value(o.picture) over (order by o.picture) as first,
        sum(octet_length(m.counts) + pg_column_size(r.attributes)) over (order by o.picture) as bytes
      from objects o cross join lateral (
        select * from object_revisions r
        where r.picture = o.picture and r.object = o.id and r.change <= ${change} order by r.revision desc limit 1
      ) r
      join object_revisions m on m.picture = o.picture and m.object = o.id and m.revision = r.shape
      where o.dataset = ${dataset} and o.picture = any (${[...sizes.keys()]}::bigint[])
        and ${track === undefined ? sql`true` : sql`r.track = ${track}`}
        and r.state = any (${states}::int[]) and (${labels.length} = 0 or r.label = any (${labels}::int[]))
    ), kept as (select * from found where picture = first or bytes <= ${mostBytes})
    select id, picture, label, attributes, track, counts, provenance from kept
    union all (select null, picture, null, null, null, null, null from found where picture <> first and bytes > ${mostBytes}
      order by picture limit 1)
    order by picture, id`.execute(db);
  const byPicture = new Map<bigint, ExportObject[]>();
  let over: bigint | undefined;
  for (const row of rows) {
    if (row.counts === null) {
      over = row.picture;
      break;
    }
    const { id, picture, label, attributes, track: of, counts, provenance } = row;
    const { predictedIou, stabilityScore, point, cropBox } = fromBinary(
      ProvenanceSchema,
      provenance ?? new Uint8Array(),
    );
    const name = nameOf.get(label);
    const object: ExportObject = {
      id: Number(id),
      rle: { size: sizes.get(picture) ?? [], counts },
      attributes,
      ...(name !== undefined && { label: name }),
      ...(of !== null && { track: Number(of) }),
      ...(predictedIou > 0 && { predictedIou }),
      ...(stabilityScore > 0 && { stabilityScore }),
      ...(point && { point: { x: point.x ?? 0, y: point.y ?? 0 } }),
      ...(cropBox && { cropBox }),
    };
    const others = byPicture.get(picture);
    if (others) others.push(object);
    else byPicture.set(picture, [object]);
  }
  const isWhole = ({ id }: PictureInVersion) => over === undefined || id < over;
  return { pictures: pictures.filter(isWhole), objects: byPicture };
}
