import { create } from "@bufbuild/protobuf";
import { type Kysely, sql, type Transaction } from "kysely";
import { Gear, type ImportWork, ObjectState, ProvenanceSchema } from "../../../../proto/index.js";
import { invalidArgument, ServiceError } from "../../../runtime/errors.js";
import { checkAttributes } from "../../attributes.js";
import type { Schema } from "../../database/schema.js";
import { lockForChange } from "../../database/set-lock.js";
import { plainText } from "../../formats/parse/plain-text.js";
import type { FoundObject, FoundPicture, Problem } from "../../formats/types.js";
import { addObjects, type NewObject, surroundingsOf } from "../../objects/add-objects.js";
import { readMask } from "../../objects/read-mask.js";
import { type NextRevision, updateObjects } from "../../objects/write-objects.js";
import { addPicture } from "../../pictures/add-picture.js";
import { addLabels, labelIds, noNewLabel } from "../../sets/add-labels.js";
import { NotWantedError, openStates } from "../items.js";
import type { Job } from "../job.js";
import { tell } from "../news.js";
import { correctedState, type Incoming, noteBrought, sortIncoming } from "./brought-before.js";
import { FoundTracks, placeFound } from "./import-frames.js";
import type { PreparedPicture, RefusedPicture } from "./import-picture.js";

type Trx = Transaction<Schema>;

/** A picture of the set that objects are for. */
export interface ImportedPicture {
  readonly id: bigint;
  readonly width: number;
  readonly height: number;
  readonly split: string;
  /** Null: it is no frame. */
  readonly sequence: bigint | null;
}

/** What is written in one transaction. */
export interface Batch {
  readonly prepared: readonly PreparedPicture[];
  readonly refused: readonly RefusedPicture[];
  /** That have no file here: the set may have them. */
  readonly absent: readonly FoundPicture[];
  readonly objects: readonly FoundObject[];
  readonly problems: readonly Problem[];
}

interface Written {
  readonly pictures: ReadonlyMap<string, ImportedPicture>;
  readonly counts: ImportCounts;
}

/** Objects that imports have brought before. */
interface ImportCounts {
  /** And that are what they were. */
  readonly repeated: number;
  /** That this one has given a new state. */
  readonly replaced: number;
  /** That people have changed or deleted since. */
  readonly left: number;
}

/** Told to people; more are counted only. */
const mostProblems = 10_000;

/**
 * Writes a batch: what of it was written before is found again, and not made twice.
 * @param known pictures of earlier batches. @returns those of this one, by name, and what was there.
 * @throws NotWantedError when the job has ended.
 */
export async function writeBatch(
  trx: Trx,
  job: Job,
  work: ImportWork,
  { prepared, refused, absent, objects, problems: found }: Batch,
  known: ReadonlyMap<string, ImportedPicture>,
): Promise<Written> {
  const problems: Problem[] = [...found, ...refused.map(({ found: one, reason }) => problemOf(one, reason))];
  const wanted = objects.flatMap(({ label }) => (label === undefined ? [] : [label]));
  const labels = work.makeLabels ? await addLabels(trx, job.dataset, wanted) : await labelIds(trx, job.dataset);
  // Whatever is written from here on is of the set before a version that is made meanwhile, or after it.
  await lockForChange(trx, job.dataset);
  const pictures = new Map<string, ImportedPicture>();
  for (const picture of prepared) {
    const { name, attributes, split = work.split } = picture.found;
    try {
      const added = { ...picture, name, split, attributes };
      const { row } = await addPicture(trx, job.dataset, job.person, added, () => picture.keepAgain());
      pictures.set(name, row);
    } catch (error) {
      problems.push(problemOf(picture.found, reasonOf(error)));
    }
  }
  for (const [name, row] of await picturesByName(
    trx,
    job.dataset,
    absent.map(({ name }) => name),
  ))
    pictures.set(name, row);
  for (const one of absent) {
    if (pictures.has(one.name)) continue;
    problems.push(
      problemOf(one, "The picture is neither among the files nor in the data set; its objects are left out."),
    );
  }
  const place = { set: job.dataset, person: job.person };
  const frames = [...prepared.map(({ found: one }) => one), ...absent].flatMap((one) => {
    const row = pictures.get(one.name);
    return row && one.frame ? [{ picture: { ...row, name: one.name, found: one }, frame: one.frame }] : [];
  });
  const placed = await placeFound(trx, place, frames, (picture, reason) =>
    problems.push(problemOf(picture.found, reason)),
  );
  for (const { picture } of frames) {
    // Where it was refused, it may be in another sequence, whose tracks are others though they are called alike.
    pictures.set(picture.name, { ...picture, sequence: placed.get(picture.id) ?? null });
  }
  const incoming: Incoming[] = [];
  for (const object of objects) {
    const picture = pictures.get(object.picture) ?? known.get(object.picture);
    // Said of the picture already.
    if (!picture) continue;
    try {
      const made = newObject(object, { picture, job, work, labels });
      const sequence = object.track === undefined ? null : picture.sequence;
      incoming.push({ found: object, size: picture, object: made, sequence });
    } catch (error) {
      problems.push({ kind: "problem", file: object.file, line: 0, reason: `${object.sourceId}: ${reasonOf(error)}` });
    }
  }
  const sequences = incoming.flatMap(({ sequence }) => (sequence === null ? [] : [sequence]));
  const tracks = await FoundTracks.of(trx, place, sequences);
  const terms = { set: job.dataset, job: job.id, addChanged: work.addChanged };
  const { fresh: unsorted, changed, ...counts } = await sortIncoming(trx, terms, incoming);
  const tracked = await withTracks(tracks, unsorted, problems);
  const fresh = await withPlaces(trx, job.dataset, tracked, problems);
  const ids = await addObjects(
    trx,
    job.dataset,
    job.person,
    fresh.map(({ object }) => object),
  );
  const states = changed.map((one) => correctedState(one, job.person));
  await updateObjects(trx, job.dataset, job.person, states);
  await noteBrought(trx, terms, [
    ...fresh.map((one, at) => ({ incoming: one, object: ids[at] as bigint, revision: 1 })),
    ...changed.map(({ incoming: one }, at) => {
      const { id: object, revision } = states[at] as NextRevision;
      return { incoming: one, object, revision };
    }),
  ]);
  await noteProblems(trx, job.id, problems);
  const { numUpdatedRows } = await trx
    .updateTable("jobs")
    .set((row) => ({
      done: row("done", "+", BigInt(pictures.size)),
      failed: row("failed", "+", BigInt(problems.length)),
      objects: row("objects", "+", BigInt(ids.length)),
      total: sql<bigint>`greatest(total, done + failed + ${pictures.size + problems.length})`,
      message: "",
    }))
    .where("id", "=", job.id)
    .where("state", "in", openStates)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw new NotWantedError();
  await tell(trx, job.id);
  return { pictures, counts: { ...counts, replaced: counts.replaced + changed.length } };
}

/** With the tracks that they are said to be of, where they can be; what was brought before needs none again. */
async function withTracks(tracks: FoundTracks, fresh: readonly Incoming[], problems: Problem[]): Promise<Incoming[]> {
  const all: Incoming[] = [];
  for (const one of fresh) {
    const { found, object, sequence } = one;
    const { track: name, label: labelName = "" } = found;
    try {
      if (name === undefined || sequence === null) all.push(one);
      else {
        const track = await tracks.idOf({ sequence, name, label: object.label }, labelName);
        all.push({ ...one, object: { ...object, track } });
      }
    } catch (error) {
      problems.push(ofNoTrack(found, error));
      all.push(one);
    }
  }
  return all;
}

const ofNoTrack = ({ file, sourceId }: FoundObject, error: unknown): Problem => ({
  ...{ kind: "problem", file, line: 0 },
  reason: `${sourceId}: ${reasonOf(error)} It is kept as an object of no track.`,
});

/** Those whose tracks have a place for them are of them; others are objects by themselves, which is told. */
async function withPlaces(
  trx: Trx,
  set: number,
  fresh: readonly Incoming[],
  problems: Problem[],
): Promise<readonly Incoming[]> {
  const tracks = fresh.flatMap(({ object: { track } }) => (track === undefined ? [] : [track]));
  if (tracks.length === 0) return fresh;
  const pictures = fresh.map(({ object }) => object.picture);
  const around = await surroundingsOf(trx, set, pictures, tracks);
  return fresh.map((one) => {
    const { track, ...object } = one.object;
    const picture = around.pictures.get(object.picture);
    if (track === undefined || !picture) return one;
    try {
      around.tracks.join(track, picture);
      return one;
    } catch (error) {
      problems.push(ofNoTrack(one.found, error));
      return { ...one, object };
    }
  });
}

export async function picturesByName(
  db: Kysely<Schema>,
  set: number,
  names: readonly string[],
): Promise<Map<string, ImportedPicture>> {
  if (names.length === 0) return new Map();
  const rows = await db
    .selectFrom("pictures")
    .select(["id", "name", "width", "height", "split", "sequence"])
    .where("dataset", "=", set)
    .where("deleted", "=", false)
    .where("name", "in", names)
    .execute();
  return new Map(rows.map((row) => [row.name, row]));
}

interface Around {
  readonly picture: ImportedPicture;
  readonly job: Job;
  readonly work: ImportWork;
  readonly labels: ReadonlyMap<string, number>;
}

/** @throws ServiceError for what cannot be taken as it is. */
function newObject(object: FoundObject, { picture, job, work, labels }: Around): NewObject {
  const { rle, label, attributes, predictedIou, stabilityScore, point, cropBox, file, sourceId } = object;
  const id = label === undefined ? 0 : (labels.get(label) ?? refuse(label, work));
  readMask(rle, picture);
  checkAttributes(attributes);
  const provenance = create(ProvenanceSchema, {
    gear: Gear.IMPORTED,
    job: job.id,
    source: file,
    sourceId,
    predictedIou: predictedIou ?? 0,
    stabilityScore: stabilityScore ?? 0,
    ...(point && { point: { ...point, label: 1 } }),
    ...(cropBox && { cropBox }),
  });
  return { picture: picture.id, label: id, rle, state: work.state || ObjectState.ACCEPTED, provenance, attributes };
}

/** @throws ServiceError INVALID_ARGUMENT for a label that the set has not. */
function refuse(label: string, { makeLabels }: ImportWork): never {
  if (makeLabels) throw noNewLabel(label);
  throw invalidArgument(`The data set has no label "${plainText(label, 80)}"; add it, or import with make_labels.`);
}

async function noteProblems(trx: Trx, job: string, problems: readonly Problem[]): Promise<void> {
  if (problems.length === 0) return;
  const { n } = await trx
    .selectFrom("job_problems")
    .select(({ fn }) => fn.countAll<bigint>().as("n"))
    .where("job", "=", job)
    .executeTakeFirstOrThrow();
  const rows = problems.slice(0, Math.max(0, mostProblems - Number(n))).map(({ file, line, reason }) => ({
    job,
    item: 0n,
    file: plainText(file, 1000),
    line,
    reason: plainText(reason, 1000),
  }));
  if (rows.length > 0) await trx.insertInto("job_problems").values(rows).execute();
}

const problemOf = ({ name, file = name }: FoundPicture, reason: string): Problem => ({
  kind: "problem",
  file,
  line: 0,
  reason,
});

/** @throws the error where nobody can be told of it. */
function reasonOf(error: unknown): string {
  if (error instanceof ServiceError && error.reason !== "DATABASE_LOST") return error.message;
  throw error;
}
