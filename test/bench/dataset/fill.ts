import { create } from "@bufbuild/protobuf";
import { type Kysely, sql } from "kysely";
import {
  CreateDatasetRequestSchema,
  Gear,
  ListDatasetsRequestSchema,
  ObjectState,
  type Provenance,
  ProvenanceSchema,
} from "../../../proto/index.js";
import type { Database } from "../../../services/dataset/database/database.js";
import type { Schema } from "../../../services/dataset/database/schema.js";
import { addObjects, type NewObject } from "../../../services/dataset/objects/add-objects.js";
import { addPicture } from "../../../services/dataset/pictures/add-picture.js";
import { findSet } from "../../../services/dataset/sets/find-set.js";
import { Sets } from "../../../services/dataset/sets/sets.js";
import type { Who } from "../../../services/dataset/who.js";
import { numbersFrom, wobblyMasks } from "./wobbly-masks.js";

export const who: Who = { tenant: undefined, person: "p0" };
export const dataset = "measured";
export const size = { width: 1024, height: 768 };
const labelCount = 20;

const picturesAtOnce = 200;
const objectsAtOnce = 500;

/** How many are wanted. */
interface Wanted {
  readonly pictures: number;
  readonly objects: number;
}

/** What adding took. */
interface Added {
  readonly objectsPerSecond: number;
  /** MiB of this process after a fifth of the objects, and after all of them. */
  readonly memory: readonly [early: number, late: number];
}

/** Of each that is made by us. */
const samples = { pictures: 2000, objects: 20_000 };

/**
 * Fills a set, unless it is there: with some pictures and objects as jobs and imports do, then with copies of what they made, by the
 * server itself, which is sooner done. Most objects are a model's, the rest people's, some wait for review. @returns the pictures.
 */
export async function fill(database: Database, wanted: Wanted, say: (line: string) => void): Promise<bigint[]> {
  const { datasets } = await new Sets(database).list(who, create(ListDatasetsRequestSchema, {}));
  if (!datasets?.length) await fillAnew(database, wanted, say);
  const all = await database.db.selectFrom("pictures").select("id").orderBy("id").execute();
  return all.map(({ id }) => id);
}

async function fillAnew(database: Database, wanted: Wanted, say: (line: string) => void): Promise<void> {
  const labels = Array.from({ length: labelCount }, (_, at) => ({ name: `label ${at + 1}` }));
  await new Sets(database).create(who, create(CreateDatasetRequestSchema, { name: dataset, labels }));
  const { key } = await findSet(database.db, who, dataset);
  const pictures = Math.min(wanted.pictures, samples.pictures);
  const ids: bigint[] = [];
  while (ids.length < pictures) {
    const count = Math.min(picturesAtOnce, pictures - ids.length);
    ids.push(...(await addPictures(database, key, ids.length, count)));
  }
  await addMore(database, ids, Math.min(wanted.objects, samples.objects));
  await copyPictures(database, wanted.pictures - ids.length);
  await copyObjects(database, wanted, say);
}

/** Adds objects to some of the pictures as jobs and imports do: to one after the other. */
export async function addMore(database: Database, ids: readonly bigint[], count: number): Promise<Added> {
  const { key } = await findSet(database.db, who, dataset);
  const begun = performance.now();
  const next = numbersFrom(7);
  const masks = wobblyMasks(500, size, next);
  const provenance = create(ProvenanceSchema, {
    gear: Gear.AUTOMATIC,
    job: "a job",
    predictedIou: 0.93,
    stabilityScore: 0.96,
  });
  let early = 0;
  for (let made = 0; made < count; made += objectsAtOnce) {
    const objects = Array.from({ length: Math.min(objectsAtOnce, count - made) }, (_, at) => {
      const picture = ids[Math.floor(((made + at) * ids.length) / count)] as bigint;
      const rle = masks[Math.floor(next() * masks.length)] as NewObject["rle"];
      return objectOf(picture, rle, provenance, next);
    });
    await database.transaction((trx) => addObjects(trx, key, `p${Math.floor(next() * 10)}`, objects));
    if (made >= count / 5 && early === 0) early = memoryNow();
  }
  return { objectsPerSecond: perSecond(count, begun), memory: [early, memoryNow()] };
}

async function copyPictures(database: Database, count: number): Promise<void> {
  await sql`
    with copied as (
      insert into pictures (dataset, image_id, width, height, bytes, media_type, name, split, state, added_by)
      select dataset, 'sha256:' || encode(sha256(n::text::bytea), 'hex'), width, height, bytes, media_type, 'copies/' || n || '.jpg', split,
        state, added_by
      from generate_series(1, ${count}::int) as n
      join (select *, row_number() over (order by id) as at, count(*) over () as all from pictures) p on p.at = n % p.all + 1
      returning *
    )
    insert into picture_revisions (picture, revision, dataset, name, split, state, deleted, person)
    select id, revision, dataset, name, split, state, deleted, added_by from copied`.execute(database.db);
}

/** Objects of pictures that have none, as many for each as there are to be. */
function copyObjects(database: Database, wanted: Wanted, say: (line: string) => void): Promise<void> {
  // A temporary table is a connection's.
  return database.db.connection().execute((db) => copyByOne(db, wanted, say));
}

async function copyByOne(db: Kysely<Schema>, wanted: Wanted, say: (line: string) => void): Promise<void> {
  const each = Math.round(wanted.objects / wanted.pictures);
  await sql`
    create temporary table samples as
    select row_number() over () - 1 as n, r.* from object_revisions r limit 20000`.execute(db);
  for (let made = 0; ; ) {
    const { rows } = await sql<{ n: bigint }>`
      with empty as (select id from pictures where objects = 0 order by id limit ${picturesAtOnce}),
      copied as (
        select nextval(pg_get_serial_sequence('objects', 'id')) as id, empty.id as to_picture, s.*
        from empty cross join generate_series(1, ${each}::int) as k
        join samples s on s.n = (empty.id * 7919 + k * 104729) % (select count(*) from samples)
      ), revised as (
        insert into object_revisions (object, picture, dataset, label, state, gear, seconds, x, y, width, height, area, revision, shape, kind,
          counts, provenance, prompts, maker, person, reason)
        select id, to_picture, dataset, label, state, gear, seconds, x, y, width, height, area, 1, 1, kind, counts, provenance, prompts,
          maker, person, '' from copied
      ), kept as (
        insert into objects (id, picture, dataset, label, state, gear, seconds, x, y, width, height, area, maker, person, reason)
        select id, to_picture, dataset, label, state, gear, seconds, x, y, width, height, area, maker, person, '' from copied
      )
      select count(*) as n from copied`.execute(db);
    const count = Number(rows[0]?.n ?? 0);
    if (count === 0) return;
    made += count;
    if (made % 500_000 < count) say(`${made} objects copied`);
  }
}

function addPictures(database: Database, set: number, from: number, count: number): Promise<bigint[]> {
  return database.transaction(async (trx) => {
    const ids: bigint[] = [];
    for (let at = from; at < from + count; at++) {
      const imageId = `sha256:${at.toString(16).padStart(64, "0")}`;
      const name = `folder ${at % 100}/${at}.jpg`;
      const split = at % 5 === 0 ? "val" : "train";
      const file = { bytes: 300_000, mediaType: "image/jpeg" };
      ids.push(
        (await addPicture(trx, set, who.person, { imageId, name, split, attributes: {}, ...size, ...file })).row.id,
      );
    }
    return ids;
  });
}

function objectOf(picture: bigint, rle: NewObject["rle"], automatic: Provenance, next: () => number): NewObject {
  const label = 1 + Math.floor(next() ** 2 * labelCount);
  const isMade = next() < 0.05;
  const provenance = isMade ? create(ProvenanceSchema, { gear: Gear.ASSISTED, seconds: 5 + 20 * next() }) : automatic;
  const state = isMade && next() < 0.5 ? ObjectState.TO_REVIEW : ObjectState.ACCEPTED;
  return { picture, label, rle, state, provenance };
}

const perSecond = (count: number, since: number) => (count * 1000) / (performance.now() - since);

const memoryNow = () => process.memoryUsage().rss / 2 ** 20;
