import { type RawBuilder, sql, type Transaction } from "kysely";
import { ObjectState } from "../../../proto/index.js";
import type { revisionKinds, Schema } from "../database/schema.js";

interface Revising {
  /** Which of the set's objects, deleted ones never: a condition over `objects`. */
  readonly which: RawBuilder<unknown>;
  /** What all of them become: assignments. */
  readonly change: RawBuilder<unknown>;
  readonly kind: (typeof revisionKinds)[keyof typeof revisionKinds];
}

/** One revision on, of many objects alike, with the masks that they have. @returns how many. */
export async function reviseObjects(
  trx: Transaction<Schema>,
  set: number,
  person: string,
  { which, change, kind }: Revising,
): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    with changed as (
      update objects set ${change}, revision = revision + 1, person = ${person}, at = now(), seconds = 0
      where dataset = ${set} and state <> ${ObjectState.DELETED} and ${which} returning *
    )
    insert into object_revisions (
      picture, object, revision, dataset, label, shape, x, y, width, height, area, seconds, kind, state, gear, maker, person, reason, attributes,
      track, followed
    )
    select picture, id, revision, dataset, label, shape, x, y, width, height, area, seconds, ${kind}::smallint, state, gear,
      maker, person, reason, attributes, track, followed from changed
  `.execute(trx);
  return Number(numAffectedRows);
}
