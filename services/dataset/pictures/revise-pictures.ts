import { type RawBuilder, sql, type Transaction } from "kysely";
import { ObjectState } from "../../../proto/index.js";
import { revisionKinds, type Schema } from "../database/schema.js";
import { reviseObjects } from "../objects/revise-objects.js";

interface Revising {
  /** Which of the set's pictures, deleted ones never: a condition over `pictures`. */
  readonly which: RawBuilder<unknown>;
  /** What all of them become: assignments. */
  readonly change: RawBuilder<unknown>;
  /** Further rows for the condition and the assignments. */
  readonly from?: RawBuilder<unknown>;
}

/** One revision on, of many pictures at once. @returns how many. */
export async function revisePictures(
  trx: Transaction<Schema>,
  set: number,
  person: string,
  { which, change, from }: Revising,
): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    with changed as (
      update pictures set ${change}, revision = revision + 1 ${from ? sql`from ${from}` : sql``}
      where dataset = ${set} and not deleted and ${which} returning pictures.*
    )
    insert into picture_revisions (
      picture, revision, dataset, name, split, attributes, state, sequence, frame, time_ms, deleted, person
    )
    select id, revision, dataset, name, split, attributes, state, sequence, frame, time_ms, deleted, ${person} from changed
  `.execute(trx);
  return Number(numAffectedRows);
}

/** Takes pictures out of a set, with their objects, for whoever has locked it for a change. @returns how many. */
export async function deletePictures(
  trx: Transaction<Schema>,
  set: number,
  person: string,
  pictures: readonly bigint[],
): Promise<number> {
  const deleteObjects = () =>
    reviseObjects(trx, set, person, {
      which: sql`picture = any (${pictures}::bigint[])`,
      change: sql`state = ${ObjectState.DELETED}`,
      kind: revisionKinds.deleted,
    });
  // Objects before their pictures, as whoever saves them.
  await deleteObjects();
  const deleted = await revisePictures(trx, set, person, {
    which: sql`id = any (${pictures}::bigint[])`,
    change: sql`deleted = true, held_by = null, held_until = null`,
  });
  // And those that were saved while this waited for their pictures, which nobody gets another one into now.
  await deleteObjects();
  return deleted;
}
