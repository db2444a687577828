import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Kysely, type SqlBool, sql } from "kysely";
import type { NextPicturesRequest, NextPicturesResponseSchema, PictureFilter } from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import type { Database } from "../database/database.js";
import type { Schema } from "../database/schema.js";
import { findSet } from "../sets/find-set.js";
import type { Who } from "../who.js";
import { asksMore, orderOf, picturesOf } from "./picture-filter.js";
import { type PictureRow, pictureMessage } from "./picture-message.js";

const usualCount = 3;
const mostCount = 20;
/** As `picture_counts` has them. */
const idsOfPart = 1024n;
/** Whoever opened a picture has it for so long. */
const holdMs = 600_000;

/** What a person works on next: each picture is in one person's hands. */
export class NextPictures {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async next(who: Who, request: NextPicturesRequest): Promise<MessageInitShape<typeof NextPicturesResponseSchema>> {
    const { db } = this.#database;
    if (request.count > mostCount) throw invalidArgument(`At most ${mostCount} pictures are answered at once.`);
    const { key } = await findSet(db, who, request.dataset);
    const rows = await this.#find(key, who.person, request);
    const [first] = rows;
    if (!first) return {};
    return { pictures: rows.map((row) => pictureMessage(row)), ...(await placeOf(db, key, request.filter, first)) };
  }

  async #find(set: number, person: string, request: NextPicturesRequest): Promise<PictureRow[]> {
    const { after, backwards, hold, filter } = request;
    const { db } = this.#database;
    const order = orderOf(filter);
    const from = order === "id" ? sql`${after}::bigint` : frameOf(after, filter?.sequence ?? 0n);
    for (;;) {
      const rows = await picturesOf(db, set, filter)
        .selectAll()
        .$if(after > 0n, (all) =>
          all.where(sql<SqlBool>`${sql.ref(`pictures.${order}`)} ${sql.raw(backwards ? "<" : ">")} ${from}`),
        )
        .$if(hold, (all) => all.where(isFree(person)))
        .orderBy(`pictures.${order}`, backwards ? "desc" : "asc")
        .limit(request.count === 0 ? usualCount : request.count)
        .execute();
      const [first, ...rest] = rows;
      if (!first || !hold) return rows;
      const held = await db
        .updateTable("pictures")
        .set({ held_by: person, held_until: new Date(Date.now() + holdMs) })
        .where("id", "=", first.id)
        .where("deleted", "=", false)
        .where(isFree(person))
        .returningAll()
        .executeTakeFirst();
      // Another person has it since: the one after it, then.
      if (held) return [held, ...rest];
    }
  }
}

/** Where a picture is in a sequence, also once it is deleted. */
const frameOf = (picture: bigint, sequence: bigint) =>
  sql`(select frame from pictures where id = ${picture} and sequence = ${sequence})`;

const isFree = (person: string) =>
  sql<SqlBool>`(pictures.held_until is null or pictures.held_until < now() or pictures.held_by = ${person})`;

/** How many pictures the filter takes, and how many of them are before one. */
async function placeOf(
  db: Kysely<Schema>,
  set: number,
  filter: PictureFilter | undefined,
  row: PictureRow,
): Promise<{ position: number; total: number }> {
  if (!asksMore(filter)) return countedPlace(db, set, filter, row.id);
  const order = orderOf(filter);
  const { position, total } = await picturesOf(db, set, filter)
    .select([
      (all) => all.fn.countAll<bigint>().as("total"),
      (all) =>
        all.fn
          .countAll<bigint>()
          .filterWhere(`pictures.${order}`, "<", row[order] as never)
          .as("position"),
    ])
    .executeTakeFirstOrThrow();
  return { position: Number(position), total: Number(total) };
}

/** As the database has counted them; only those of the part that the one is in are counted now. */
async function countedPlace(
  db: Kysely<Schema>,
  set: number,
  filter: PictureFilter | undefined,
  id: bigint,
): Promise<{ position: number; total: number }> {
  const { splits = [], states = [] } = filter ?? {};
  const part = id / idsOfPart;
  const near = picturesOf(db, set, filter)
    .where("pictures.id", ">=", part * idsOfPart)
    .where("pictures.id", "<", id);
  const { total, before, here } = await db
    .selectFrom("picture_counts")
    .select([
      (all) => all.fn.sum<string | null>("pictures").as("total"),
      (all) => all.fn.sum<string | null>("pictures").filterWhere("part", "<", Number(part)).as("before"),
      near.select((all) => all.fn.countAll<bigint>().as("n")).as("here"),
    ])
    .where("dataset", "=", set)
    .$if(splits.length > 0, (some) => some.where("split", "in", splits))
    .$if(states.length > 0, (some) => some.where("state", "in", states))
    .executeTakeFirstOrThrow();
  return { position: Number(before ?? 0) + Number(here), total: Number(total ?? 0) };
}
