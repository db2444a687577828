import { fromBinary } from "@bufbuild/protobuf";
import { type Kysely, sql } from "kysely";
import { PictureState, ProvenanceSchema } from "../../../../proto/index.js";
import type { Schema } from "../../database/schema.js";
import type { ExportObject } from "../../formats/types.js";

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
}

/** Pictures as they were, without those that people have left out of exports. */
const picturesAt = ({ dataset, change }: Cut) => sql`
  pictures p cross join lateral (
    select * from picture_revisions r
    where r.dataset = p.dataset and r.picture = p.id and r.change <= ${change} order by r.revision desc limit 1
  ) r
  where p.dataset = ${dataset} and not r.deleted and r.state <> ${PictureState.SKIPPED}`;

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
    select p.id, p.image_id, p.width, p.height, r.name, r.split, r.attributes from ${picturesAt(cut)}
      and r.split = ${split} and p.id > ${after}
    order by p.id limit ${most}`.execute(db);
  return rows;
}

/** Whether an object of those that are exported has no label. */
export async function hasUnlabelled(db: Kysely<Schema>, { dataset, change, labels, states }: Cut): Promise<boolean> {
  if (labels.length > 0) return false;
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
  readonly counts: string;
  readonly provenance: Uint8Array | null;
}

/** Objects of some pictures as they were, by picture. */
export async function objectsIn(
  db: Kysely<Schema>,
  { dataset, change, labels, states }: Cut,
  pictures: readonly PictureInVersion[],
  nameOf: ReadonlyMap<number, string>,
): Promise<Map<bigint, ExportObject[]>> {
  const sizes = new Map(pictures.map(({ id, width, height }) => [id, [height, width]]));
  const { rows } = await sql<ObjectRow>`
    select o.id, o.picture, r.label, r.attributes, m.counts, m.provenance
    from objects o cross join lateral (
      select * from object_revisions r
      where r.picture = o.picture and r.object = o.id and r.change <= ${change} order by r.revision desc limit 1
    ) r
    join object_revisions m on m.picture = o.picture and m.object = o.id and m.revision = r.shape
    where o.dataset = ${dataset} and o.picture = any (${[...sizes.keys()]}::bigint[]) and r.state = any (${states}::int[])
      and (${labels.length} = 0 or r.label = any (${labels}::int[]))
    order by o.picture, o.id`.execute(db);
  const byPicture = new Map<bigint, ExportObject[]>();
  for (const { id, picture, label, attributes, counts, provenance } of rows) {
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
      ...(predictedIou > 0 && { predictedIou }),
      ...(stabilityScore > 0 && { stabilityScore }),
      ...(point && { point: { x: point.x ?? 0, y: point.y ?? 0 } }),
      ...(cropBox && { cropBox }),
    };
    const others = byPicture.get(picture);
    if (others) others.push(object);
    else byPicture.set(picture, [object]);
  }
  return byPicture;
}
