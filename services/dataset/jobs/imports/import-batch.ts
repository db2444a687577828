import { createHash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { type Kysely, sql, type Transaction } from "kysely";
import { Gear, type ImportWork, ObjectState, ProvenanceSchema } from "../../../../proto/index.js";
import { invalidArgument, ServiceError } from "../../../runtime/errors.js";
import { checkAttributes } from "../../attributes.js";
import type { Schema } from "../../database/schema.js";
import { plainText } from "../../formats/parse/plain-text.js";
import type { FoundObject, FoundPicture, Problem } from "../../formats/types.js";
import { addObjects, type NewObject } from "../../objects/add-objects.js";
import { readMask } from "../../objects/read-mask.js";
import { addPicture } from "../../pictures/add-picture.js";
import { addLabels, labelIds, noNewLabel } from "../../sets/add-labels.js";
import { NotWantedError, openStates } from "../items.js";
import type { Job } from "../job.js";
import { tell } from "../news.js";
import type { PreparedPicture, RefusedPicture } from "./import-picture.js";

type Trx = Transaction<Schema>;

/** A picture of the set that objects are for. */
export interface ImportedPicture {
  readonly id: bigint;
  readonly width: number;
  readonly height: number;
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
  /** Objects that an import has made before. */
  readonly repeated: number;
}

/** Told to people; more are counted only. */
const mostProblems = 10_000;

/**
 * Writes a batch: what of it was written before is found again, and not made twice.
 * @param known pictures of earlier batches. @returns those of this one, by name, and how many objects were there.
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
  const made: { object: NewObject; source: Buffer }[] = [];
  for (const object of objects) {
    const picture = pictures.get(object.picture) ?? known.get(object.picture);
    // Said of the picture already.
    if (!picture) continue;
    try {
      made.push({ object: newObject(object, { picture, job, work, labels }), source: sourceOf(object) });
    } catch (error) {
      problems.push({ kind: "problem", file: object.file, line: 0, reason: `${object.sourceId}: ${reasonOf(error)}` });
    }
  }
  const fresh = await notImported(trx, job.dataset, made);
  const ids = await addObjects(trx, job.dataset, job.person, fresh);
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
  return { pictures, repeated: made.length - fresh.length };
}

export async function picturesByName(
  db: Kysely<Schema>,
  set: number,
  names: readonly string[],
): Promise<Map<string, ImportedPicture>> {
  if (names.length === 0) return new Map();
  const rows = await db
    .selectFrom("pictures")
    .select(["id", "name", "width", "height"])
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

/** Those that no import has made. */
async function notImported(
  trx: Trx,
  set: number,
  made: readonly { object: NewObject; source: Buffer }[],
): Promise<NewObject[]> {
  if (made.length === 0) return [];
  const rows = made.map(({ object: { picture }, source }) => ({ dataset: set, picture, source }));
  const noted = await trx
    .insertInto("imported")
    .values(rows)
    .onConflict((row) => row.doNothing())
    .returning(["picture", "source"])
    .execute();
  const keys = new Set(noted.map(({ picture, source }) => keyOf(picture, source)));
  // Of one that a batch has twice the first counts.
  return made.flatMap(({ object, source }) => (keys.delete(keyOf(object.picture, source)) ? [object] : []));
}

const keyOf = (picture: bigint, source: Buffer) => `${picture} ${source.toString("hex")}`;

/** What tells an object of a file from all others, whenever it is read; another file may have the same name and ids. */
const sourceOf = ({ file, sourceId, label = "", rle: { counts } }: FoundObject) =>
  createHash("sha256").update([file, sourceId, label, counts].join("\0")).digest().subarray(0, 16);

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
