import { type Kysely, sql } from "kysely";
import type { PictureFilter } from "../../../proto/index.js";
import type { Database } from "../database/database.js";
import type { Schema } from "../database/schema.js";
import { picturesOf } from "../pictures/picture-filter.js";
import type { Items } from "./items.js";
import type { Job } from "./job.js";
import type { Finish } from "./work.js";

/** Found out in one transaction: the first are begun while the rest is found. */
const portion = 5000;

/** The first item of a job about pictures: finds out which. */
export class Plan {
  readonly #database: Database;
  readonly #items: Items;

  constructor(database: Database, items: Items) {
    this.#database = database;
    this.#items = items;
  }

  /** Goes on after the last picture that is planned: what a process has planned that ended stays planned. */
  async do(job: Job, filter: PictureFilter | undefined, signal: AbortSignal): Promise<Finish> {
    if (!filter) throw new Error(`no pictures to plan: ${job.id}`);
    for (let isMore = true; isMore; ) {
      signal.throwIfAborted();
      isMore = await this.#database.transaction((trx) => this.#step(trx, job, filter));
    }
    return async (trx) => {
      await trx.updateTable("jobs").set({ planned: true }).where("id", "=", job.id).execute();
      return 0;
    };
  }

  async #step(trx: Kysely<Schema>, job: Job, filter: PictureFilter): Promise<boolean> {
    const { last } = await trx
      .selectFrom("job_items")
      .select(({ fn }) => fn.max("item").as("last"))
      .where("job", "=", job.id)
      .executeTakeFirstOrThrow();
    const { numInsertedOrUpdatedRows: found = 0n } = await trx
      .insertInto("job_items")
      .columns(["job", "item"])
      .expression(
        picturesOf(trx, job.dataset, filter)
          .select([sql<string>`${job.id}::uuid`.as("job"), "pictures.id"])
          .where("pictures.id", ">", BigInt(last ?? 0n))
          .orderBy("pictures.id")
          .limit(portion),
      )
      .executeTakeFirst();
    await trx
      .updateTable("jobs")
      .set((eb) => ({ total: eb("total", "+", found) }))
      .where("id", "=", job.id)
      .execute();
    await this.#items.fill(trx, job.id);
    return found === BigInt(portion);
  }
}
