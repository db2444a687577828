import type { MessageInitShape } from "@bufbuild/protobuf";
import { sql, type Transaction } from "kysely";
import type {
  AddFramesRequest,
  CreateSequenceRequest,
  DeleteSequenceRequest,
  DeleteSequenceResponseSchema,
  GetSequenceRequest,
  ListSequencesRequest,
  ListSequencesResponseSchema,
  UpdateSequenceRequest,
} from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import type { Database } from "../database/database.js";
import { isDuplicate } from "../database/database-errors.js";
import { revisionKinds, type Schema } from "../database/schema.js";
import { lockAlone, lockForChange } from "../database/set-lock.js";
import { alreadyExists, conflict } from "../faults.js";
import { reviseObjects } from "../objects/revise-objects.js";
import { anyText, cutPage, pageSize, pageToken, readPageToken } from "../pages.js";
import { checkSplit } from "../pictures/check-picture.js";
import { deletePictures, revisePictures } from "../pictures/revise-pictures.js";
import { findSet, refuseDeleted } from "../sets/find-set.js";
import type { Who } from "../who.js";
import { checkFrames, fastest } from "./check-frames.js";
import { checkName } from "./check-name.js";
import { lockedPictures, placeFrames } from "./place-frames.js";
import {
  insertSequence,
  lockSequence,
  noSequence,
  noteSequence,
  type SequenceInit,
  sequenceMessages,
} from "./sequence-rows.js";

/** Videos of sets: which pictures are their frames. */
export class Sequences {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @throws ServiceError ALREADY_EXISTS; as `placeFrames`. */
  async create(who: Who, request: CreateSequenceRequest): Promise<SequenceInit> {
    const { name, frameRate } = request;
    checkSequence(name, frameRate, request.split);
    const frames = checkFrames(request);
    return this.#database.transaction(async (trx) => {
      const { key } = await findSet(trx, who, request.dataset);
      await lockForChange(trx, key);
      await refuseDeleted(trx, key);
      const split = request.split ?? (await splitOf(trx, key, request.pictures));
      const sequence = await insertSequence(trx, { dataset: key, name, frameRate, split, person: who.person });
      if (!sequence) throw taken(name);
      await placeFrames(trx, { sequence, person: who.person }, frames);
      return only(await sequenceMessages(trx, [sequence]));
    });
  }

  /** @throws ServiceError as `placeFrames`. */
  async addFrames(who: Who, request: AddFramesRequest): Promise<SequenceInit> {
    const frames = checkFrames(request);
    return this.#database.transaction(async (trx) => {
      const { key } = await findSet(trx, who, request.dataset);
      await lockForChange(trx, key);
      const sequence = await lockSequence(trx, key, request.sequence);
      await placeFrames(trx, { sequence, person: who.person }, frames);
      return only(await sequenceMessages(trx, [sequence]));
    });
  }

  async get(who: Who, { dataset, sequence }: GetSequenceRequest): Promise<SequenceInit> {
    const { db } = this.#database;
    const { key } = await findSet(db, who, dataset);
    const row = await db
      .selectFrom("sequences")
      .selectAll()
      .where("dataset", "=", key)
      .where("id", "=", sequence)
      .where("deleted", "=", false)
      .executeTakeFirst();
    if (!row) throw noSequence(sequence);
    return only(await sequenceMessages(db, [row]));
  }

  /** By name. */
  async list(who: Who, request: ListSequencesRequest): Promise<MessageInitShape<typeof ListSequencesResponseSchema>> {
    const size = pageSize(request.pageSize, 100, 500);
    const after = readPageToken(request.page, [anyText])?.[0];
    const { db } = this.#database;
    const { key } = await findSet(db, who, request.dataset);
    const rows = await db
      .selectFrom("sequences")
      .selectAll()
      .where("dataset", "=", key)
      .where("deleted", "=", false)
      .$if(request.name !== "", (all) => all.where("name", "=", request.name))
      .$if(after !== undefined, (all) => all.where("name", ">", after as string))
      .orderBy("name")
      .limit(size + 1)
      .execute();
    const { page, nextPage } = cutPage(rows, size, ({ name }) => pageToken([name]));
    return { sequences: await sequenceMessages(db, page), nextPage };
  }

  /** @throws ServiceError NOT_FOUND; ABORTED, reason CONFLICT; ALREADY_EXISTS. */
  async update(who: Who, request: UpdateSequenceRequest): Promise<SequenceInit> {
    try {
      return await this.#database.transaction(async (trx) => {
        const { key } = await findSet(trx, who, request.dataset);
        // A split is all of its frames': nobody adds one meanwhile, or gives one another.
        await lockAlone(trx, key);
        const before = await lockSequence(trx, key, request.sequence);
        if (before.revision !== request.revision) throw conflict("The sequence");
        const { name = before.name, frameRate = before.frame_rate, split = before.split } = request;
        checkSequence(name, frameRate, split);
        const row = await trx
          .updateTable("sequences")
          .set({ name, frame_rate: frameRate, split, revision: before.revision + 1 })
          .where("id", "=", before.id)
          .returningAll()
          .executeTakeFirstOrThrow();
        await noteSequence(trx, row, who.person);
        if (split !== before.split) {
          await revisePictures(trx, key, who.person, {
            which: sql`sequence = ${row.id}`,
            change: sql`split = ${split}`,
          });
        }
        return only(await sequenceMessages(trx, [row]));
      });
    } catch (error) {
      throw isDuplicate(error) ? taken(request.name ?? "") : error;
    }
  }

  /** With its tracks; versions keep all of it. */
  async delete(
    who: Who,
    { dataset, sequence, pictures }: DeleteSequenceRequest,
  ): Promise<MessageInitShape<typeof DeleteSequenceResponseSchema>> {
    return this.#database.transaction(async (trx) => {
      const { key } = await findSet(trx, who, dataset);
      await lockAlone(trx, key);
      const before = await lockSequence(trx, key, sequence);
      const { rows: frames } = await sql<{ id: bigint }>`
        select id from pictures where sequence = ${sequence} and not deleted order by id`.execute(trx);
      const ids = frames.map(({ id }) => id);
      const deleted = pictures ? await deletePictures(trx, key, who.person, ids) : 0;
      await reviseObjects(trx, key, who.person, {
        which: sql`track in (select id from tracks where sequence = ${sequence})`,
        change: sql`track = null`,
        kind: revisionKinds.changed,
      });
      await revisePictures(trx, key, who.person, {
        which: sql`sequence = ${sequence}`,
        change: sql`sequence = null, frame = null, time_ms = null`,
      });
      await sql`
        with gone as (
          update tracks set deleted = true, revision = revision + 1 where sequence = ${sequence} and not deleted returning *
        )
        insert into track_revisions (dataset, track, revision, name, label, deleted, person)
        select dataset, id, revision, name, label, deleted, ${who.person} from gone`.execute(trx);
      const row = await trx
        .updateTable("sequences")
        .set({ deleted: true, revision: before.revision + 1 })
        .where("id", "=", sequence)
        .returningAll()
        .executeTakeFirstOrThrow();
      await noteSequence(trx, row, who.person);
      return { deleted };
    });
  }
}

/** The one that pictures have. @throws ServiceError INVALID_ARGUMENT for several. */
async function splitOf(trx: Transaction<Schema>, set: number, pictures: readonly bigint[]): Promise<string> {
  const splits = new Set((await lockedPictures(trx, set, pictures)).map(({ split }) => split));
  if (splits.size <= 1) return [...splits][0] ?? "";
  const names = [...splits].map((split) => `"${split}"`).join(" and ");
  throw invalidArgument(
    `The pictures are of the splits ${names}, and a sequence is of one: say in \`split\` of which.`,
  );
}

function checkSequence(name: string, frameRate: number, split: string | undefined): void {
  checkName(name, "A sequence");
  if (!(frameRate >= 0 && frameRate <= fastest)) {
    throw invalidArgument(`A frame rate is from 0, not known, to ${fastest} frames a second; ${frameRate} was given.`);
  }
  if (split !== undefined) checkSplit(split);
}

const taken = (name: string) =>
  alreadyExists(`The data set has a sequence "${name}" already: add to that, or choose another name.`);

function only<T>(all: readonly T[]): T {
  return all[0] as T;
}
