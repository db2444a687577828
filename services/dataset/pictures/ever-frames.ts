import { type RawBuilder, sql } from "kysely";

/**
 * A condition on `p`, a picture: that it was a frame of a sequence at some time. Of a version's pictures only these can be, and are found by
 * an index; without it each picture of the set would be looked at.
 */
export const wasFrameOf = (sequence: bigint | RawBuilder<unknown>): RawBuilder<boolean> =>
  sql<boolean>`p.id in (select ever.picture from picture_revisions ever where ever.sequence = ${sequence})`;
