import type { Kysely, Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import { notFound } from "../faults.js";
import type { Who } from "../who.js";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const isUuid = (text: string) => uuid.test(text);

export const tenantOf = ({ tenant }: Pick<Who, "tenant">) => tenant ?? "";

/** One of the tenant's, by its id or its name. @throws ServiceError NOT_FOUND. */
export async function findSet(db: Kysely<Schema>, who: Pick<Who, "tenant">, dataset: string) {
  const row = await db
    .selectFrom("datasets")
    .selectAll()
    .where("tenant", "=", tenantOf(who))
    .where("deleted_at", "is", null)
    .where((is) =>
      isUuid(dataset)
        ? is.or([is("id", "=", dataset.toLowerCase()), is("name", "=", dataset)])
        : is("name", "=", dataset),
    )
    // A name may look like another's id, which goes first.
    .orderBy((is) => is("name", "=", dataset))
    .executeTakeFirst();
  if (!row) throw notFound(`There is no data set "${dataset.slice(0, 200)}".`);
  return row;
}

/** For whoever holds its lock, and found it before: it may have been deleted until then. @throws ServiceError NOT_FOUND. */
export async function refuseDeleted(trx: Transaction<Schema>, set: number): Promise<void> {
  const row = await trx
    .selectFrom("datasets")
    .select("key")
    .where("key", "=", set)
    .where("deleted_at", "is", null)
    .executeTakeFirst();
  if (!row) throw notFound("The data set has been deleted.");
}
