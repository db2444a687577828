import type { MessageInitShape } from "@bufbuild/protobuf";
import { sql, type Transaction } from "kysely";
import {
  type CreateTrackRequest,
  type DeleteTrackRequest,
  type DeleteTrackResponseSchema,
  type ListTracksRequest,
  type ListTracksResponseSchema,
  ObjectState,
  type UpdateTrackRequest,
} from "../../../proto/index.js";
import type { Database } from "../database/database.js";
import { isDuplicate } from "../database/database-errors.js";
import { revisionKinds, type Schema } from "../database/schema.js";
import { lockAlone, lockForChange } from "../database/set-lock.js";
import { alreadyExists, conflict, notFound } from "../faults.js";
import { checkLabel } from "../objects/add-objects.js";
import { reviseObjects } from "../objects/revise-objects.js";
import { cutPage, pageSize, pageToken, readPageToken, wholeNumber } from "../pages.js";
import { findSet } from "../sets/find-set.js";
import { labelsOf } from "../sets/set-message.js";
import type { Who } from "../who.js";
import { checkName } from "./check-name.js";
import { lockSequence, noSequence } from "./sequence-rows.js";
import { insertTrack, noteTrack, type TrackInit, type TrackRow, trackMessages } from "./track-rows.js";

/** Objects over the frames of sequences. */
export class Tracks {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** In the order in which they were made. */
  async list(who: Who, request: ListTracksRequest): Promise<MessageInitShape<typeof ListTracksResponseSchema>> {
    const size = pageSize(request.pageSize, 100, 500);
    const after = BigInt(readPageToken(request.page, [wholeNumber])?.[0] ?? 0);
    const { db } = this.#database;
    const { key } = await findSet(db, who, request.dataset);
    const sequence = await db
      .selectFrom("sequences")
      .select("id")
      .where("dataset", "=", key)
      .where("id", "=", request.sequence)
      .where("deleted", "=", false)
      .executeTakeFirst();
    if (!sequence) throw noSequence(request.sequence);
    const rows = await db
      .selectFrom("tracks")
      .selectAll()
      .where("dataset", "=", key)
      .where("sequence", "=", request.sequence)
      .where("deleted", "=", false)
      .where("id", ">", after)
      .orderBy("id")
      .limit(size + 1)
      .execute();
    const { page, nextPage } = cutPage(rows, size, ({ id }) => pageToken([id]));
    return { tracks: await trackMessages(db, page), nextPage };
  }

  /** @throws ServiceError ALREADY_EXISTS. */
  async create(who: Who, { dataset, sequence, name, label }: CreateTrackRequest): Promise<TrackInit> {
    checkName(name, "A track");
    return this.#database.transaction(async (trx) => {
      const { key } = await findSet(trx, who, dataset);
      await lockForChange(trx, key);
      await lockSequence(trx, key, sequence);
      await checkLabelOf(trx, key, label);
      const row = await insertTrack(trx, { dataset: key, sequence, name, label, person: who.person });
      if (!row) throw taken(name);
      return only(await trackMessages(trx, [row]));
    });
  }

  /** @throws ServiceError NOT_FOUND; ABORTED, reason CONFLICT; ALREADY_EXISTS. */
  async update(who: Who, request: UpdateTrackRequest): Promise<TrackInit> {
    try {
      return await this.#database.transaction(async (trx) => {
        const { key } = await findSet(trx, who, request.dataset);
        const before = await lockTrack(trx, key, request.track);
        if (before.revision !== request.revision) throw conflict("The track");
        const { name = before.name, label = before.label } = request;
        checkName(name, "A track");
        await checkLabelOf(trx, key, label);
        const row = await trx
          .updateTable("tracks")
          .set({ name, label, revision: before.revision + 1 })
          .where("id", "=", before.id)
          .returningAll()
          .executeTakeFirstOrThrow();
        await noteTrack(trx, row, who.person);
        await reviseObjects(trx, key, who.person, {
          which: sql`track = ${row.id} and label <> ${label}`,
          change: sql`label = ${label}`,
          kind: revisionKinds.changed,
        });
        return only(await trackMessages(trx, [row]));
      });
    } catch (error) {
      throw isDuplicate(error) ? taken(request.name ?? "") : error;
    }
  }

  /** Versions keep it. */
  async delete(
    who: Who,
    { dataset, track, objects }: DeleteTrackRequest,
  ): Promise<MessageInitShape<typeof DeleteTrackResponseSchema>> {
    return this.#database.transaction(async (trx) => {
      const { key } = await findSet(trx, who, dataset);
      const before = await lockTrack(trx, key, track);
      const left = await reviseObjects(trx, key, who.person, {
        which: sql`track = ${track}`,
        change: objects ? sql`track = null, state = ${ObjectState.DELETED}` : sql`track = null`,
        kind: objects ? revisionKinds.deleted : revisionKinds.changed,
      });
      const row = await trx
        .updateTable("tracks")
        .set({ deleted: true, revision: before.revision + 1 })
        .where("id", "=", track)
        .returningAll()
        .executeTakeFirstOrThrow();
      await noteTrack(trx, row, who.person);
      return { deleted: objects ? left : 0 };
    });
  }
}

/** For whoever changes what all of its objects have: nobody gives one to it meanwhile. @throws ServiceError NOT_FOUND. */
async function lockTrack(trx: Transaction<Schema>, set: number, id: bigint): Promise<TrackRow> {
  await lockAlone(trx, set);
  const row = await trx
    .selectFrom("tracks")
    .selectAll()
    .where("dataset", "=", set)
    .where("id", "=", id)
    .where("deleted", "=", false)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (!row) throw notFound(`The data set has no track ${id}.`);
  return row;
}

async function checkLabelOf(trx: Transaction<Schema>, set: number, label: number): Promise<void> {
  const labels = (await labelsOf(trx, [set])).get(set) ?? [];
  checkLabel(label, new Set(labels.map(({ id }) => id)));
}

const taken = (name: string) => alreadyExists(`The sequence has a track "${name}" already; choose another name.`);

function only<T>(all: readonly T[]): T {
  return all[0] as T;
}
