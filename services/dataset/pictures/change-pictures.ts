import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Transaction } from "kysely";
import {
  type DeletePicturesRequest,
  type DeletePicturesResponseSchema,
  PictureState,
  type UpdatePicturesRequest,
  type UpdatePicturesResponseSchema,
} from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import { mergeAttributes } from "../attributes.js";
import type { Database } from "../database/database.js";
import { isDuplicate } from "../database/database-errors.js";
import type { Schema } from "../database/schema.js";
import { lockForChange } from "../database/set-lock.js";
import { alreadyExists, conflict, notNow } from "../faults.js";
import { findSet } from "../sets/find-set.js";
import type { Who } from "../who.js";
import { checkPictureName, checkSplit } from "./check-picture.js";
import { picturesOf } from "./picture-filter.js";
import { type PictureRow, pictureMessage } from "./picture-message.js";
import { noPicture } from "./pictures.js";
import { deletePictures } from "./revise-pictures.js";

const mostAtOnce = 1000;

/** Changes pictures of sets, each time as a revision. */
export class ChangePictures {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** All or none. @throws ServiceError NOT_FOUND; ABORTED, reason CONFLICT; ALREADY_EXISTS; INVALID_ARGUMENT. */
  async update(
    who: Who,
    request: UpdatePicturesRequest,
  ): Promise<MessageInitShape<typeof UpdatePicturesResponseSchema>> {
    checkUpdate(request);
    try {
      return await this.#database.transaction(async (trx) => {
        const { key } = await findSet(trx, who, request.dataset);
        await lockForChange(trx, key);
        const rows = await locked(trx, key, request.pictures);
        const [first] = rows;
        if (rows.length === 1 && request.revision !== 0 && first?.revision !== request.revision)
          throw conflict("The picture");
        refuseDividing(rows, request);
        const changed: PictureRow[] = [];
        for (const row of rows) changed.push(await change(trx, row, request, who.person));
        return { pictures: changed.map((row) => pictureMessage(row)) };
      });
    } catch (error) {
      throw isDuplicate(error) ? alreadyExists(`The data set has another picture called "${request.name}".`) : error;
    }
  }

  /** With their objects; versions keep both. Those that are not there are left out. */
  async delete(
    who: Who,
    request: DeletePicturesRequest,
  ): Promise<MessageInitShape<typeof DeletePicturesResponseSchema>> {
    if (request.pictures.length > mostAtOnce)
      throw invalidArgument(`At most ${mostAtOnce} pictures are deleted at once.`);
    return this.#database.transaction(async (trx) => {
      const { key } = await findSet(trx, who, request.dataset);
      await lockForChange(trx, key);
      return { deleted: await deletePictures(trx, key, who.person, request.pictures) };
    });
  }
}

function checkUpdate({ pictures, name, split, attributes, state }: UpdatePicturesRequest): void {
  if (pictures.length === 0) throw invalidArgument("`pictures` names none.");
  if (pictures.length > mostAtOnce) throw invalidArgument(`At most ${mostAtOnce} pictures are changed at once.`);
  if (new Set(pictures).size !== pictures.length) throw invalidArgument("`pictures` names one twice.");
  if (name !== undefined) {
    if (pictures.length > 1) throw invalidArgument("Of several pictures not all can have one name.");
    checkPictureName(name);
  }
  if (split !== undefined) checkSplit(split);
  if (PictureState[state] === undefined) throw invalidArgument(`There is no picture state ${state}.`);
  mergeAttributes({}, attributes);
}

/** @throws ServiceError FAILED_PRECONDITION when a sequence would be of two splits. */
function refuseDividing(rows: readonly PictureRow[], { split }: UpdatePicturesRequest): void {
  if (split === undefined) return;
  const frame = rows.find((row) => row.sequence !== null && row.split !== split);
  if (!frame) return;
  throw notNow(
    `The picture "${frame.name}" is a frame of a sequence, which is in one split as a whole: change the sequence's split.`,
  );
}

async function locked(trx: Transaction<Schema>, set: number, pictures: readonly bigint[]): Promise<PictureRow[]> {
  const rows = await picturesOf(trx, set, undefined)
    .selectAll()
    .where("id", "in", pictures)
    .orderBy("id")
    .forNoKeyUpdate()
    .execute();
  const found = new Map(rows.map((row) => [row.id, row]));
  return pictures.map((id) => {
    const row = found.get(id);
    if (!row) throw noPicture(id);
    return row;
  });
}

async function change(
  trx: Transaction<Schema>,
  row: PictureRow,
  request: UpdatePicturesRequest,
  person: string,
): Promise<PictureRow> {
  const attributes = JSON.stringify(mergeAttributes(row.attributes, request.attributes));
  const changed = await trx
    .updateTable("pictures")
    .set({
      name: request.name ?? row.name,
      split: request.split ?? row.split,
      attributes,
      state: request.state === PictureState.UNSPECIFIED ? row.state : request.state,
      revision: row.revision + 1,
    })
    .where("id", "=", row.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  const { id: picture, revision, dataset, name, split, state, sequence, frame, time_ms } = changed;
  const place = { sequence, frame, time_ms };
  await trx
    .insertInto("picture_revisions")
    .values({ picture, revision, dataset, name, split, attributes, state, ...place, deleted: false, person })
    .execute();
  return changed;
}
