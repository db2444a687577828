import { sql, type Transaction } from "kysely";
import type { Schema } from "./schema.js";

/** Apart from other advisory locks in the database. */
const space = 77_119;

/** Held by whoever changes pictures or objects of a set, to the transaction's end; many at once. */
export async function lockForChange(trx: Transaction<Schema>, set: number): Promise<void> {
  await sql`select pg_advisory_xact_lock_shared(${space}, ${set})`.execute(trx);
}

/**
 * Waits until whoever changes the set has done so, and lets nobody else begin: a version must not get rows with a smaller `change`
 * than its own later on, nor labels be left out that an object is just given.
 */
export async function lockAlone(trx: Transaction<Schema>, set: number): Promise<void> {
  await sql`select pg_advisory_xact_lock(${space}, ${set})`.execute(trx);
}

/**
 * As `lockForChange`, and for a picture whose file is kept until the transaction's end: whoever deletes what no set has waits. Many at
 * once.
 */
export async function lockToAdd(trx: Transaction<Schema>, set: number, imageId: string): Promise<void> {
  await sql`
    select pg_advisory_xact_lock_shared(${space}, ${set}), pg_advisory_xact_lock_shared(hashtextextended(${imageId}, ${space}))
  `.execute(trx);
}

/** Waits for those who have it, for whoever deletes its file. */
export async function lockPictureAlone(trx: Transaction<Schema>, imageId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${imageId}, ${space}))`.execute(trx);
}
