import { type RawBuilder, sql } from "kysely";

type SqlType = "bigint" | "int" | "smallint" | "real" | "text" | "jsonb" | "bytea" | "uuid";

/** Rows as a few arrays, one a column: a statement of the same text and as many values for any number of them. */
export function unnested<Row>(
  rows: readonly Row[],
  columns: Readonly<Record<string, readonly [type: SqlType, value: (row: Row) => unknown]>>,
): RawBuilder<unknown> {
  const all = Object.entries(columns);
  const arrays = all.map(([, [type, value]]) => sql`${rows.map(value)}::${sql.raw(type)}[]`);
  const names = all.map(([name]) => sql.ref(name));
  return sql`unnest(${sql.join(arrays)}) as given (${sql.join(names)})`;
}
