import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Schema } from "../database/schema.js";
import type { StateRow } from "./object-message.js";

/** What a state is read with. */
interface Reading {
  /** Without masks and prompts. */
  readonly brief?: boolean;
}

/** Columns of a state, of an alias that has them, joined with its mask's revision `m` and its picture `p`. */
export function stateColumns(alias: "o" | "r", { brief = false }: Reading): RawBuilder<unknown> {
  const id = sql.ref(alias === "o" ? "o.id" : "r.object");
  const own = [
    "picture",
    "label",
    "state",
    "revision",
    "gear",
    "person",
    "at",
    "seconds",
    "x",
    "y",
    "width",
    "height",
    "area",
    "reason",
    "attributes",
    "track",
    "followed",
  ];
  const columns = sql.join(own.map((name) => sql.ref(`${alias}.${name}`)));
  const heavy = brief ? sql`null::text as counts, null::bytea as prompts` : sql`m.counts, m.prompts`;
  return sql`${id} as id, ${columns}, m.provenance, p.height as rows, p.width as columns, ${heavy}`;
}

/** Where the mask of a state is, and its picture. */
export function withMask(alias: "o" | "r"): RawBuilder<unknown> {
  const [picture, object, shape] = [`${alias}.picture`, alias === "o" ? "o.id" : "r.object", `${alias}.shape`].map(
    (name) => sql.ref(name),
  );
  return sql`
    join object_revisions m on m.picture = ${picture} and m.object = ${object} and m.revision = ${shape}
    join pictures p on p.id = ${picture}`;
}

/** Objects of a set as they are, deleted ones too. */
export async function currentStates(
  db: Kysely<Schema>,
  set: number,
  objects: readonly bigint[],
  reading: Reading = {},
): Promise<Map<bigint, StateRow>> {
  if (objects.length === 0) return new Map();
  const { rows } = await sql<StateRow>`
    select ${stateColumns("o", reading)} from objects o ${withMask("o")}
    where o.dataset = ${set} and o.id = any (${objects}::bigint[])`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}

/** Objects of a set as they were at revisions of theirs; a key of both for each: see `stateKey`. */
export async function statesAt(
  db: Kysely<Schema>,
  set: number,
  wanted: readonly { readonly picture: bigint; readonly object: bigint; readonly revision: number }[],
  reading: Reading = {},
): Promise<Map<string, StateRow>> {
  if (wanted.length === 0) return new Map();
  const { rows } = await sql<StateRow>`
    select ${stateColumns("r", reading)}
    from unnest(${wanted.map(({ picture }) => picture)}::bigint[], ${wanted.map(({ object }) => object)}::bigint[],
      ${wanted.map(({ revision }) => revision)}::int[]) as w (picture, object, revision)
    join object_revisions r on r.picture = w.picture and r.object = w.object and r.revision = w.revision
    ${withMask("r")}
    where r.dataset = ${set}`.execute(db);
  return new Map(rows.map((row) => [stateKey(row.id, row.revision), row]));
}

export const stateKey = (object: bigint, revision: number) => `${object} ${revision}`;
