import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Kysely } from "kysely";
import type { SavedObjectSchema } from "../../../proto/index.js";
import type { Database } from "../database/database.js";
import type { Schema } from "../database/schema.js";
import { findSet } from "../sets/find-set.js";
import type { Who } from "../who.js";
import { type Change, changeObjects, type Outcome } from "./change-objects.js";
import { objectMessage, type StateRow } from "./object-message.js";
import { currentStates, stateKey, statesAt } from "./read-objects.js";

/** Makes changes of a request in one transaction, and answers what came of each. */
export async function saveChanges(
  database: Database,
  who: Who,
  dataset: string,
  changes: readonly (Change & { key: string })[],
): Promise<MessageInitShape<typeof SavedObjectSchema>[]> {
  return database.transaction(async (trx) => {
    const { key: set } = await findSet(trx, who, dataset);
    const outcomes = await changeObjects(trx, { set, person: who.person }, changes);
    const states = await statesOf(trx, set, outcomes);
    return outcomes.map(({ problem = "", isConflict = false }, at) => {
      const state = states[at];
      return {
        key: changes[at]?.key ?? "",
        ...(state && { object: objectMessage(state) }),
        problem,
        conflict: isConflict,
      };
    });
  });
}

/** The revisions that outcomes name: mostly those that objects are at. */
async function statesOf(
  db: Kysely<Schema>,
  set: number,
  outcomes: readonly Outcome[],
): Promise<(StateRow | undefined)[]> {
  const named = outcomes.flatMap(({ at }) => (at ? [at] : []));
  const current = await currentStates(
    db,
    set,
    named.map(({ object }) => object),
  );
  const past = named.filter(({ object, revision }) => current.get(object)?.revision !== revision);
  const earlier = await statesAt(
    db,
    set,
    past.flatMap(({ object, revision }) => {
      const picture = current.get(object)?.picture;
      return picture === undefined ? [] : [{ picture, object, revision }];
    }),
  );
  return outcomes.map(({ at }) => {
    if (!at) return undefined;
    const now = current.get(at.object);
    return now?.revision === at.revision ? now : earlier.get(stateKey(at.object, at.revision));
  });
}
