import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { Kysely, Selectable } from "kysely";
import { sql } from "kysely";
import type { DatasetSchema, LabelSchema } from "../../../proto/index.js";
import type { Schema } from "../database/schema.js";

export type SetRow = Selectable<Schema["datasets"]>;

/** As messages: with their labels and counts. */
export async function setMessages(
  db: Kysely<Schema>,
  rows: readonly SetRow[],
): Promise<MessageInitShape<typeof DatasetSchema>[]> {
  const keys = rows.map(({ key }) => key);
  const labels = await labelsOf(db, keys);
  const pictures = await countsIn(db, "picture_counts", keys);
  const objects = await countsIn(db, "object_counts", keys);
  const sequences = await sequencesIn(db, keys);
  return rows.map(({ key, id, name, description, revision, created_at, created_by }) => ({
    id,
    name,
    description,
    labels: labels.get(key) ?? [],
    revision,
    createdAt: timestampFromDate(created_at),
    createdBy: created_by,
    pictures: pictures.get(key) ?? 0,
    objects: objects.get(key) ?? 0,
    sequences: sequences.get(key) ?? 0,
  }));
}

async function sequencesIn(db: Kysely<Schema>, sets: readonly number[]): Promise<Map<number, number>> {
  if (sets.length === 0) return new Map();
  const rows = await db
    .selectFrom("sequences")
    .select(["dataset", (all) => all.fn.countAll<bigint>().as("n")])
    .where("dataset", "in", sets)
    .where("deleted", "=", false)
    .groupBy("dataset")
    .execute();
  return new Map(rows.map(({ dataset, n }) => [dataset, Number(n)]));
}

export type LabelInit = Exclude<MessageInitShape<typeof LabelSchema>, { $typeName: string }> & { id: number };

/** In each set's order. */
export async function labelsOf(db: Kysely<Schema>, sets: readonly number[]): Promise<Map<number, LabelInit[]>> {
  const found = new Map<number, LabelInit[]>(sets.map((key) => [key, []]));
  if (sets.length === 0) return found;
  const rows = await db.selectFrom("labels").selectAll().where("dataset", "in", sets).orderBy("place").execute();
  for (const { dataset, id, name, colour, hot_key: hotKey, parent } of rows) {
    found.get(dataset)?.push({ id, name, colour, hotKey, parent });
  }
  return found;
}

export async function countsIn(
  db: Kysely<Schema>,
  table: "picture_counts" | "object_counts",
  sets: readonly number[],
): Promise<Map<number, number>> {
  if (sets.length === 0) return new Map();
  const column = sql.ref(table === "picture_counts" ? "pictures" : "objects");
  const { rows } = await sql<{ dataset: number; n: bigint }>`
    select dataset, sum(${column})::bigint as n from ${sql.table(table)} where dataset = any (${sets}::int[]) group by dataset
  `.execute(db);
  return new Map(rows.map(({ dataset, n }) => [dataset, Number(n)]));
}
