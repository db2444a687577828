import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Kysely, type Selectable, sql } from "kysely";
import type {
  CreateVersionRequest,
  DatasetVersionSchema,
  ListVersionsRequest,
  ListVersionsResponseSchema,
} from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import type { Database } from "../database/database.js";
import type { Schema } from "../database/schema.js";
import { lockAlone } from "../database/set-lock.js";
import { notFound } from "../faults.js";
import { cutPage, pageSize, pageToken, readPageToken, wholeNumber } from "../pages.js";
import type { Who } from "../who.js";
import { findSet } from "./find-set.js";
import { countsIn, type LabelInit, labelsOf } from "./set-message.js";

const longestDescription = 10_000;

/** What sets were at one moment, for good. */
export class Versions {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create(
    who: Who,
    { dataset, description }: CreateVersionRequest,
  ): Promise<MessageInitShape<typeof DatasetVersionSchema>> {
    if (description.length > longestDescription || description.includes("\0")) {
      throw invalidArgument(`A version's description has at most ${longestDescription} characters.`);
    }
    return this.#database.transaction(async (trx) => {
      const { key } = await findSet(trx, who, dataset);
      await lockAlone(trx, key);
      const [labels, pictures, objects] = [
        (await labelsOf(trx, [key])).get(key) ?? [],
        await countsIn(trx, "picture_counts", [key]),
        await countsIn(trx, "object_counts", [key]),
      ];
      const row = await trx
        .insertInto("versions")
        .values({
          dataset: key,
          number: sql<number>`(select coalesce(max(number), 0) + 1 from versions where dataset = ${key})`,
          description,
          created_by: who.person,
          pictures: pictures.get(key) ?? 0,
          objects: objects.get(key) ?? 0,
          labels: JSON.stringify(labels),
          at_change: sql<bigint>`nextval('changes')`,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return versionMessage(row);
    });
  }

  /** The newest first. */
  async list(who: Who, request: ListVersionsRequest): Promise<MessageInitShape<typeof ListVersionsResponseSchema>> {
    const size = pageSize(request.pageSize, 100, 500);
    const before = readPageToken(request.page, [wholeNumber])?.[0];
    const { db } = this.#database;
    const { key } = await findSet(db, who, request.dataset);
    const rows = await db
      .selectFrom("versions")
      .selectAll()
      .where("dataset", "=", key)
      .$if(before !== undefined, (all) => all.where("number", "<", Number(before)))
      .orderBy("number", "desc")
      .limit(size + 1)
      .execute();
    const { page, nextPage } = cutPage(rows, size, ({ number }) => pageToken([number]));
    return { versions: page.map(versionMessage), nextPage };
  }
}

/** The change up to which a version goes. @throws ServiceError NOT_FOUND. */
export async function changeOf(db: Kysely<Schema>, set: number, version: number): Promise<bigint> {
  const row = await db
    .selectFrom("versions")
    .select("at_change")
    .where("dataset", "=", set)
    .where("number", "=", version)
    .executeTakeFirst();
  if (!row) throw notFound(`The data set has no version ${version}.`);
  return row.at_change;
}

const versionMessage = (row: Selectable<Schema["versions"]>): MessageInitShape<typeof DatasetVersionSchema> => ({
  number: row.number,
  description: row.description,
  createdAt: timestampFromDate(row.created_at),
  createdBy: row.created_by,
  pictures: row.pictures,
  objects: row.objects,
  labels: row.labels as LabelInit[],
});
