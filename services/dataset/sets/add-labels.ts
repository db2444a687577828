import type { Transaction } from "kysely";
import { invalidArgument } from "../../runtime/errors.js";
import type { Schema } from "../database/schema.js";
import { colourOf } from "./check-labels.js";

const longestName = 100;
const mostLabels = 10_000;

/**
 * Adds those that a set lacks, behind the others. To be called before anything else of the transaction locks the set.
 * @returns the ids of all of its labels, by name. @throws ServiceError INVALID_ARGUMENT for what is no label's name.
 */
export async function addLabels(
  trx: Transaction<Schema>,
  set: number,
  names: readonly string[],
): Promise<Map<string, number>> {
  const locked = await trx
    .selectFrom("datasets")
    .select("next_label")
    .where("key", "=", set)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  const known = await labelIds(trx, set);
  const lacking = [...new Set(names)].filter((name) => !known.has(name));
  if (lacking.length === 0) return known;
  for (const name of lacking) {
    if (name.trim() !== "" && [...name].length <= longestName) continue;
    throw invalidArgument(`A label's name has 1 to ${longestName} characters; "${name.slice(0, 40)}" has not.`);
  }
  if (known.size + lacking.length > mostLabels) throw invalidArgument(`A data set has at most ${mostLabels} labels.`);
  const { place } = await trx
    .selectFrom("labels")
    .select(({ fn }) => fn.max("place").as("place"))
    .where("dataset", "=", set)
    .executeTakeFirstOrThrow();
  const first = locked.next_label;
  const rows = lacking.map((name, at) => ({
    dataset: set,
    id: first + at,
    place: (place ?? -1) + 1 + at,
    name,
    colour: colourOf(first + at),
    hot_key: "",
    parent: 0,
  }));
  await trx.insertInto("labels").values(rows).execute();
  await trx
    .updateTable("datasets")
    .set((row) => ({ next_label: first + rows.length, revision: row("revision", "+", 1) }))
    .where("key", "=", set)
    .execute();
  for (const { id, name } of rows) known.set(name, id);
  return known;
}

export async function labelIds(trx: Transaction<Schema>, set: number): Promise<Map<string, number>> {
  const rows = await trx.selectFrom("labels").select(["id", "name"]).where("dataset", "=", set).execute();
  return new Map(rows.map(({ id, name }) => [name, id]));
}
