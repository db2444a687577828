import type { Transaction } from "kysely";
import { maxLabels } from "../../../proto/index.js";
import { invalidArgument, type ServiceError } from "../../runtime/errors.js";
import type { Schema } from "../database/schema.js";
import { colourOf } from "./check-labels.js";

const longestName = 100;

/**
 * Adds those that a set lacks, behind the others, but what is no label's name and what there is no room for: see `noNewLabel`.
 * To be called before anything else of the transaction locks the set.
 * @returns the ids of all of its labels, by name.
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
  const lacking = [...new Set(names)]
    .filter((name) => !known.has(name) && isLabelName(name))
    .slice(0, Math.max(0, maxLabels - known.size));
  if (lacking.length === 0) return known;
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

/** Why a set has no label of this name although it was to be added. */
export function noNewLabel(name: string): ServiceError {
  if (isLabelName(name)) return invalidArgument(`A data set has at most ${maxLabels} labels; "${name}" is one more.`);
  const begin = [...name].slice(0, 40).join("");
  return invalidArgument(`A label's name has 1 to ${longestName} characters; "${begin}" has not.`);
}

const isLabelName = (name: string) => name.trim() !== "" && [...name].length <= longestName;

export async function labelIds(trx: Transaction<Schema>, set: number): Promise<Map<string, number>> {
  const rows = await trx.selectFrom("labels").select(["id", "name"]).where("dataset", "=", set).execute();
  return new Map(rows.map(({ id, name }) => [name, id]));
}
