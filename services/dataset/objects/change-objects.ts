import { sql, type Transaction } from "kysely";
import { ServiceError } from "../../runtime/errors.js";
import type { Schema } from "../database/schema.js";
import { lockForChange } from "../database/set-lock.js";
import { conflictText } from "../faults.js";
import { checkNew, type NewObject, type Surroundings, surroundingsOf } from "./add-objects.js";
import { type Answered, claimKeys, noteKeys } from "./change-keys.js";
import { nextRevision, type ObjectRow, type RevisionRow, type Step } from "./next-revision.js";
import { insertObjects, type MadeObject, type NextRevision, updateObjects } from "./write-objects.js";

/** One change of objects; with a key it is made once, however often it is asked for. */
export type Change = { readonly key?: string } & (
  | { readonly kind: "create"; readonly create: NewObject }
  | { readonly kind: "step"; readonly object: bigint; readonly revision: number; readonly step: Step }
);

/** What came of it. */
export interface Outcome {
  /** Which object it is about now, and which revision the answer shows; undefined: there is none. */
  readonly at: Answered | undefined;
  /** Why it was not made, in a sentence. */
  readonly problem?: string;
  readonly isConflict?: boolean;
}

/**
 * Makes changes, each by itself: of those that cannot be made the others know nothing.
 * @param set its key. @returns what came of each, in order.
 */
export async function changeObjects(
  trx: Transaction<Schema>,
  { set, person }: { set: number; person: string },
  changes: readonly Change[],
): Promise<Outcome[]> {
  await lockForChange(trx, set);
  const outcomes = new Map<number, Outcome>();
  refuseTwins(changes, outcomes);
  const keyed = changes.flatMap(({ key }, at) => (key !== undefined && !outcomes.has(at) ? [key] : []));
  const answered = await claimKeys(trx, { set, person }, keyed);
  changes.forEach(({ key }, at) => {
    const before = key === undefined ? undefined : answered.get(key);
    if (before && !outcomes.has(at)) outcomes.set(at, { at: before });
  });
  const open = changes.map((change, at) => ({ change, at })).filter(({ at }) => !outcomes.has(at));
  await make(trx, { set, person }, open, outcomes);
  const made = new Map<string, Answered>();
  const notMade: string[] = [];
  for (const { change, at } of open) {
    const outcome = outcomes.get(at);
    if (change.key === undefined) continue;
    if (outcome?.at && outcome.problem === undefined) made.set(change.key, outcome.at);
    else notMade.push(change.key);
  }
  await noteKeys(trx, { set, person }, made, notMade);
  return changes.map((_, at) => outcomes.get(at) as Outcome);
}

interface Open {
  readonly change: Change;
  /** Its place in the request. */
  readonly at: number;
}

/** A second change of what another of the same request changes would be made of what nobody has seen. */
function refuseTwins(changes: readonly Change[], outcomes: Map<number, Outcome>): void {
  const keys = new Set<string>();
  const objects = new Set<bigint>();
  changes.forEach((change, at) => {
    const { key } = change;
    if (key !== undefined && keys.has(key)) {
      outcomes.set(at, { at: undefined, problem: `The key "${key}" is in the request twice.` });
    } else if (change.kind === "step" && objects.has(change.object)) {
      outcomes.set(at, {
        at: undefined,
        problem: `The object ${change.object} is in the request twice; send its second change after the first.`,
      });
    } else {
      if (key !== undefined) keys.add(key);
      if (change.kind === "step") objects.add(change.object);
    }
  });
}

async function make(
  trx: Transaction<Schema>,
  { set, person }: { set: number; person: string },
  open: readonly Open[],
  outcomes: Map<number, Outcome>,
): Promise<void> {
  const rows = await lockRows(trx, set, open);
  const earlier = await earlierRevisions(trx, open, rows);
  const meant = open.flatMap(({ change }) => {
    const picture = change.kind === "create" ? change.create.picture : rows.get(change.object)?.picture;
    return picture === undefined ? [] : [picture];
  });
  const around: Surroundings = await surroundingsOf(trx, set, meant, tracksOf(open, earlier));
  const creations: { at: number; made: MadeObject }[] = [];
  const steps: { at: number; next: NextRevision }[] = [];
  for (const { change, at } of open) {
    const row = change.kind === "step" ? rows.get(change.object) : undefined;
    try {
      if (change.kind === "create") {
        creations.push({ at, made: checkNew(change.create, around) });
      } else if (!row) {
        outcomes.set(at, { at: undefined, problem: `The data set has no object ${change.object}.` });
      } else if (row.revision !== change.revision) {
        const now = { object: row.id, revision: row.revision };
        outcomes.set(at, { at: now, problem: conflictText("The object"), isConflict: true });
      } else {
        steps.push({ at, next: nextRevision(row, change.step, { ...around, person, earlier: earlier.get(row.id) }) });
      }
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      outcomes.set(at, { at: row && { object: row.id, revision: row.revision }, problem: error.message });
    }
  }
  const ids = await insertObjects(
    trx,
    set,
    person,
    creations.map(({ made }) => made),
  );
  creations.forEach(({ at }, i) => void outcomes.set(at, { at: { object: ids[i] as bigint, revision: 1 } }));
  await updateObjects(
    trx,
    set,
    person,
    steps.map(({ next }) => next),
  );
  for (const { at, next } of steps) outcomes.set(at, { at: { object: next.id, revision: next.revision } });
}

/** Those that objects may come into. */
function tracksOf(open: readonly Open[], earlier: ReadonlyMap<bigint, RevisionRow>): bigint[] {
  const named = open.map(({ change }) => {
    if (change.kind === "create") return change.create.track;
    if (change.step.kind === "takeBack") return earlier.get(change.object)?.track;
    return change.step.kind === "patch" ? change.step.track : undefined;
  });
  return named.filter((track) => track !== undefined && track !== null && track !== 0n) as bigint[];
}

/** In one order for all, so that two who change the same objects wait for each other once. */
async function lockRows(trx: Transaction<Schema>, set: number, open: readonly Open[]): Promise<Map<bigint, ObjectRow>> {
  const ids = open.flatMap(({ change }) => (change.kind === "step" ? [change.object] : []));
  if (ids.length === 0) return new Map();
  const rows = await trx
    .selectFrom("objects")
    .selectAll()
    .where("dataset", "=", set)
    .where("id", "in", ids)
    .orderBy("id")
    .forNoKeyUpdate()
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/** Those that are to come back, each by its object. */
async function earlierRevisions(
  trx: Transaction<Schema>,
  open: readonly Open[],
  rows: ReadonlyMap<bigint, ObjectRow>,
): Promise<Map<bigint, RevisionRow>> {
  const wanted = open.flatMap(({ change }) => {
    if (change.kind !== "step" || change.step.kind !== "takeBack") return [];
    const row = rows.get(change.object);
    return row ? [{ picture: row.picture, object: row.id, revision: change.step.revision }] : [];
  });
  if (wanted.length === 0) return new Map();
  const { rows: found } = await sql<RevisionRow>`
    select r.* from unnest(${wanted.map(({ picture }) => picture)}::bigint[], ${wanted.map(({ object }) => object)}::bigint[],
      ${wanted.map(({ revision }) => revision)}::int[]) as w (picture, object, revision)
    join object_revisions r on r.picture = w.picture and r.object = w.object and r.revision = w.revision`.execute(trx);
  return new Map(found.map((row) => [row.object, row]));
}
