import { type Kysely, sql, type Transaction } from "kysely";
import type { Database } from "../database/database.js";
import type { Schema } from "../database/schema.js";
import { lockAlone, lockPictureAlone } from "../database/set-lock.js";

/** A picture's file that no data set of its tenant has any more. */
export interface LeftPicture {
  readonly tenant: string | undefined;
  readonly imageId: string;
}

type LeftRow = Schema["left_pictures"];

/** Takes what deleted data sets had away, a portion at a time; whoever is ended on the way goes on where it was. */
export class Purge {
  readonly #database: Database;
  readonly #deleteFile: (picture: LeftPicture) => Promise<void>;

  constructor(database: Database, deleteFile: (picture: LeftPicture) => Promise<void>) {
    this.#database = database;
    this.#deleteFile = deleteFile;
  }

  /** One portion: so many pictures with their objects, or so many files. @returns whether there was one. */
  async step(most = 500): Promise<boolean> {
    const { db } = this.#database;
    const left = await db.selectFrom("left_pictures").selectAll().limit(most).execute();
    for (const one of left) await this.#drop(one);
    if (left.length > 0) return true;
    return this.#database.transaction((trx) => purgeRows(trx, most));
  }

  async #drop(left: LeftRow): Promise<void> {
    const { tenant, image_id: imageId } = left;
    await this.#database.transactionWithFiles(async (trx) => {
      await lockPictureAlone(trx, imageId);
      if (await isUnused(trx, left)) await this.#deleteFile({ tenant: tenant === "" ? undefined : tenant, imageId });
      await trx.deleteFrom("left_pictures").where("tenant", "=", tenant).where("image_id", "=", imageId).execute();
    });
  }
}

async function isUnused(db: Kysely<Schema>, { tenant, image_id }: LeftRow): Promise<boolean> {
  const user = await db
    .selectFrom("pictures")
    .innerJoin("datasets", "datasets.key", "pictures.dataset")
    .select("pictures.id")
    .where("pictures.image_id", "=", image_id)
    .where("datasets.tenant", "=", tenant)
    .limit(1)
    .executeTakeFirst();
  return user === undefined;
}

/** @returns whether there were any. */
async function purgeRows(trx: Transaction<Schema>, most: number): Promise<boolean> {
  const set = await trx
    .selectFrom("datasets")
    .select(["key", "tenant"])
    .where("deleted_at", "is not", null)
    .orderBy("deleted_at")
    .limit(1)
    .forNoKeyUpdate()
    .skipLocked()
    .executeTakeFirst();
  if (!set) return false;
  await lockAlone(trx, set.key);
  const pictures = await trx
    .selectFrom("pictures")
    .select(["id", "image_id"])
    .where("dataset", "=", set.key)
    .orderBy("id")
    .limit(most)
    .execute();
  if (pictures.length > 0) {
    const ids = pictures.map(({ id }) => id);
    await sql`delete from objects where dataset = ${set.key} and picture = any (${ids}::bigint[])`.execute(trx);
    await sql`delete from object_revisions where picture = any (${ids}::bigint[])`.execute(trx);
    await sql`delete from picture_facets where picture = any (${ids}::bigint[])`.execute(trx);
    await sql`delete from pictures where id = any (${ids}::bigint[])`.execute(trx);
    const images = [...new Set(pictures.map(({ image_id }) => image_id))].sort();
    await sql`
      insert into left_pictures select ${set.tenant}, image from unnest(${images}::text[]) as image on conflict do nothing
    `.execute(trx);
    return true;
  }
  for (const table of ["picture_revisions", "object_counts", "picture_counts", "change_keys"]) {
    await sql`delete from ${sql.table(table)} where dataset = ${set.key}`.execute(trx);
  }
  // With what refers to it: labels, versions, audits, jobs.
  await trx.deleteFrom("datasets").where("key", "=", set.key).execute();
  return true;
}
