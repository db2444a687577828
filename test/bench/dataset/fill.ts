import { create } from "@bufbuild/protobuf";
import {
  CreateDatasetRequestSchema,
  Gear,
  ObjectState,
  type Provenance,
  ProvenanceSchema,
} from "../../../proto/index.js";
import type { Database } from "../../../services/dataset/database/database.js";
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

/** What filling took. */
interface Filled {
  readonly ids: readonly bigint[];
  readonly picturesPerSecond: number;
  readonly objectsPerSecond: number;
  /** MiB of this process after a tenth of the objects, and after all. */
  readonly memory: readonly [early: number, late: number];
}

/** Fills a set as jobs and imports do: most objects are a model's, the rest people's, some wait for review. */
export async function fill(database: Database, wanted: Wanted, say: (line: string) => void): Promise<Filled> {
  const labels = Array.from({ length: labelCount }, (_, at) => ({ name: `label ${at + 1}` }));
  await new Sets(database).create(who, create(CreateDatasetRequestSchema, { name: dataset, labels }));
  const { key } = await findSet(database.db, who, dataset);
  const started = performance.now();
  const ids: bigint[] = [];
  while (ids.length < wanted.pictures) {
    const count = Math.min(picturesAtOnce, wanted.pictures - ids.length);
    ids.push(...(await addPictures(database, key, ids.length, count)));
  }
  const picturesPerSecond = perSecond(wanted.pictures, started);
  say(`${wanted.pictures} pictures, ${Math.round(picturesPerSecond)} a second`);
  const next = numbersFrom(7);
  const masks = wobblyMasks(500, size, next);
  const provenance = create(ProvenanceSchema, {
    gear: Gear.AUTOMATIC,
    job: "a job",
    predictedIou: 0.93,
    stabilityScore: 0.96,
  });
  const begun = performance.now();
  let early = 0;
  for (let made = 0; made < wanted.objects; made += objectsAtOnce) {
    const count = Math.min(objectsAtOnce, wanted.objects - made);
    const objects = Array.from({ length: count }, (_, at) => {
      const picture = ids[Math.floor(((made + at) * ids.length) / wanted.objects)] as bigint;
      const rle = masks[Math.floor(next() * masks.length)] as NewObject["rle"];
      return objectOf(picture, rle, provenance, next);
    });
    await database.transaction((trx) => addObjects(trx, key, `p${Math.floor(next() * 10)}`, objects));
    if (made >= wanted.objects / 10 && early === 0) early = memoryNow();
    if (made % 100_000 === 0 && made > 0) say(`${made} objects, ${Math.round(perSecond(made, begun))} a second`);
  }
  return { ids, picturesPerSecond, objectsPerSecond: perSecond(wanted.objects, begun), memory: [early, memoryNow()] };
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
