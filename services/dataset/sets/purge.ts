import { type Kysely, type Selectable, sql, type Transaction } from "kysely";
import type { Database } from "../database/database.js";
import type { Schema } from "../database/schema.js";
import { lockAlone, lockPictureAlone } from "../database/set-lock.js";
import { tell } from "../jobs/news.js";
import { Refused } from "./refused.js";

/** A picture's file that no data set of its tenant has any more. */
export interface LeftPicture {
  readonly tenant: string | undefined;
  readonly imageId: string;
}

/** A job whose data set is deleted. */
export interface LeftJob {
  readonly tenant: string | undefined;
  readonly id: string;
}

/** What deletes files; it may be asked for the same ones again. */
interface Deleters {
  picture(picture: LeftPicture): Promise<void>;
  /** What came for a job, and what it made. */
  job(job: LeftJob): Promise<void>;
}

type LeftRow = Schema["left_pictures"];
type Trx = Transaction<Schema>;

/** Small ones, as many as there are of a picture or more. */
const rowsEach = 20;
/** No upload takes longer. */
const arrivingDays = 7;

/** Takes away what deleted data sets had, and files that nobody comes for, a portion at a time; whoever is ended on the way goes on where it was. */
export class Purge {
  readonly #database: Database;
  readonly #deleters: Deleters;
  readonly #exportDays: number;
  readonly #refused = new Refused();
  /** Sets of which only jobs are left whose files could not be deleted. */
  readonly #heldUp = new Set<number>();

  /** @param exportDays for which an export's file is kept; 0: as long as its data set. */
  constructor(database: Database, deleters: Deleters, exportDays = 0) {
    this.#database = database;
    this.#deleters = deleters;
    this.#exportDays = exportDays;
  }

  /**
   * One portion: so many pictures with their objects, so many files, or so many times some rows. What cannot be deleted is left out until
   * there is nothing else. @returns whether there was one. @throws why something could not be deleted, at the end, or once nothing can be.
   */
  async step(most = 500): Promise<boolean> {
    if (await this.#step(most)) return true;
    this.#heldUp.clear();
    this.#refused.tellAndForget();
    return false;
  }

  async #step(most: number): Promise<boolean> {
    const { db } = this.#database;
    const left = await db
      .selectFrom("left_pictures")
      .selectAll()
      .where(sql<boolean>`(tenant || '/' || image_id) <> all (${this.#refused.pictures}::text[])`)
      .limit(most)
      .execute();
    for (const one of left) await this.#drop(one);
    if (left.length > 0) return true;
    if (await this.#dropExport()) return true;
    if (await this.#dropArrived()) return true;
    return this.#database.transactionWithFiles((trx) => this.#purgeSet(trx, most));
  }

  async #drop(left: LeftRow): Promise<void> {
    const { tenant, image_id: imageId } = left;
    await this.#database.transactionWithFiles(async (trx) => {
      await lockPictureAlone(trx, imageId);
      if (await isUnused(trx, left)) {
        const drop = () => this.#deleters.picture({ tenant: ownerOf(tenant), imageId });
        if (!(await this.#refused.isDone("pictures", `${tenant}/${imageId}`, drop))) return;
      }
      await trx.deleteFrom("left_pictures").where("tenant", "=", tenant).where("image_id", "=", imageId).execute();
    });
  }

  /** The file of one that is old. @returns whether there was one. */
  async #dropExport(): Promise<boolean> {
    const days = this.#exportDays;
    if (days === 0) return false;
    return this.#database.transactionWithFiles(async (trx) => {
      const old = await trx
        .selectFrom("jobs")
        .innerJoin("datasets", "datasets.key", "jobs.dataset")
        .select(["jobs.id", "datasets.tenant"])
        .where("jobs.bytes", ">", 0n)
        .where("jobs.ended_at", "<", sql<Date>`now() - make_interval(days => ${days})`)
        .where(this.#notRefused("jobs.id"))
        .orderBy("jobs.ended_at")
        .limit(1)
        .forNoKeyUpdate("jobs")
        .skipLocked()
        .executeTakeFirst();
      if (!old) return false;
      if (!(await this.#isDropped(old))) return true;
      const message = `Its file was kept for ${days} days and is gone; export once more.`;
      await trx.updateTable("jobs").set({ bytes: 0n, file_name: "", message }).where("id", "=", old.id).execute();
      await tell(trx, old.id);
      return true;
    });
  }

  /** A file that came for a job that never was. @returns whether there was one. */
  async #dropArrived(): Promise<boolean> {
    return this.#database.transactionWithFiles(async (trx) => {
      const one = await trx
        .selectFrom("arriving_files")
        .selectAll()
        .where("at", "<", sql<Date>`now() - make_interval(days => ${arrivingDays})`)
        .where(this.#notRefused("job"))
        .limit(1)
        .forUpdate()
        .skipLocked()
        .executeTakeFirst();
      if (!one) return false;
      if (!(await this.#isDropped({ tenant: one.tenant, id: one.job }))) return true;
      await trx.deleteFrom("arriving_files").where("job", "=", one.job).execute();
      return true;
    });
  }

  /** @returns whether there was one. */
  async #purgeSet(trx: Trx, most: number): Promise<boolean> {
    const set = await trx
      .selectFrom("datasets")
      .select(["key", "tenant"])
      .where("deleted_at", "is not", null)
      .where(sql<boolean>`key <> all (${[...this.#heldUp]}::int[])`)
      .orderBy("deleted_at")
      .limit(1)
      .forNoKeyUpdate()
      .skipLocked()
      .executeTakeFirst();
    if (!set) return false;
    await lockAlone(trx, set.key);
    if (await purgePictures(trx, set, most)) return true;
    if (await this.#purgeJob(trx, set, most)) return true;
    for (const table of [
      "picture_revisions",
      "sequences",
      "sequence_revisions",
      "tracks",
      "track_revisions",
      "object_counts",
      "picture_counts",
      "change_keys",
      "imported",
      "import_identities",
    ] as const) {
      if (await purgeSome(trx, table, "dataset", set.key, most * rowsEach)) return true;
    }
    // With what refers to it: labels, versions, audits.
    await trx.deleteFrom("datasets").where("key", "=", set.key).execute();
    return true;
  }

  /** Its files go before its row does, so that whoever is ended in between finds them again. @returns whether there was one. */
  async #purgeJob(trx: Trx, { key, tenant }: PurgedSet, most: number): Promise<boolean> {
    const jobs = trx.selectFrom("jobs").select("id").where("dataset", "=", key).limit(1);
    const job = await jobs.where(this.#notRefused("id")).executeTakeFirst();
    if (!job) {
      const isHeldUp = (await jobs.executeTakeFirst()) !== undefined;
      if (isHeldUp) this.#heldUp.add(key);
      return isHeldUp;
    }
    for (const table of ["replays", "job_problems", "job_items"] as const) {
      if (await purgeSome(trx, table, "job", job.id, most * rowsEach)) return true;
    }
    if (!(await this.#isDropped({ tenant, id: job.id }))) return true;
    await trx.deleteFrom("jobs").where("id", "=", job.id).execute();
    // Whoever is still at it stops, and tidies.
    await tell(trx, job.id);
    return true;
  }

  /** What came for a job, and what it made. */
  #isDropped({ tenant, id }: { tenant: string; id: string }): Promise<boolean> {
    return this.#refused.isDone("jobs", id, () => this.#deleters.job({ tenant: ownerOf(tenant), id }));
  }

  #notRefused(id: "id" | "job" | "jobs.id") {
    return sql<boolean>`${sql.ref(id)} <> all (${this.#refused.jobs}::uuid[])`;
  }
}

const ownerOf = (tenant: string) => (tenant === "" ? undefined : tenant);

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

type PurgedSet = Pick<Selectable<Schema["datasets"]>, "key" | "tenant">;

/** @returns whether there were any. */
async function purgePictures(trx: Trx, set: PurgedSet, most: number): Promise<boolean> {
  const pictures = await trx
    .selectFrom("pictures")
    .select(["id", "image_id"])
    .where("dataset", "=", set.key)
    .orderBy("id")
    .limit(most)
    .execute();
  if (pictures.length === 0) return false;
  const ids = pictures.map(({ id }) => id);
  await sql`delete from objects where dataset = ${set.key} and picture = any (${ids}::bigint[])`.execute(trx);
  await sql`delete from object_revisions where picture = any (${ids}::bigint[])`.execute(trx);
  await sql`delete from picture_facets where picture = any (${ids}::bigint[])`.execute(trx);
  for (const table of ["picture_revisions", "imported", "import_identities"]) {
    await sql`delete from ${sql.table(table)} where dataset = ${set.key} and picture = any (${ids}::bigint[])`.execute(
      trx,
    );
  }
  await sql`delete from pictures where id = any (${ids}::bigint[])`.execute(trx);
  const images = [...new Set(pictures.map(({ image_id }) => image_id))].sort();
  await sql`
    insert into left_pictures select ${set.tenant}, image from unnest(${images}::text[]) as image on conflict do nothing
  `.execute(trx);
  return true;
}

/** Rows of a set or a job: all at once may take longer than a statement may. @returns whether there were any. */
async function purgeSome(
  trx: Trx,
  table: keyof Schema,
  column: "dataset" | "job",
  of: number | string,
  most: number,
): Promise<boolean> {
  const name = sql.table(table);
  const { numAffectedRows = 0n } = await sql`
    delete from ${name} where ctid = any (array(
      select ctid from ${name} where ${sql.ref(column)} = ${of} limit ${most}
    ))`.execute(trx);
  return numAffectedRows > 0n;
}
