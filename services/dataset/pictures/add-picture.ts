import type { JsonValue } from "@bufbuild/protobuf";
import type { Transaction } from "kysely";
import { PictureState } from "../../../proto/index.js";
import { type Attributes, checkAttributes } from "../attributes.js";
import type { Schema } from "../database/schema.js";
import { lockToAdd } from "../database/set-lock.js";
import { alreadyExists, conflict } from "../faults.js";
import { refuseDeleted } from "../sets/find-set.js";
import { checkPictureName, checkSplit } from "./check-picture.js";
import type { PictureRow } from "./picture-message.js";

/** A picture whose file is kept. */
export interface NewPicture {
  readonly imageId: string;
  /** Upright, in pixels. */
  readonly width: number;
  readonly height: number;
  /** `PictureReading` as JSON, where it was told. */
  readonly reading?: JsonValue;
  readonly bytes: number;
  readonly mediaType: string;
  /** Empty: its digest. */
  readonly name: string;
  readonly split: string;
  readonly attributes: Attributes;
}

/**
 * Puts a picture into a set; the same under the same name is there already then, and is left as it is.
 * @param set its key. @param keep has its file kept: until the transaction's end nobody deletes it, and nobody who adds others waits
 *   for it. @throws ServiceError ALREADY_EXISTS when another picture has that name; NOT_FOUND when the set was
 *   deleted meanwhile; INVALID_ARGUMENT.
 */
export async function addPicture(
  trx: Transaction<Schema>,
  set: number,
  person: string,
  picture: NewPicture,
  keep?: () => Promise<void>,
): Promise<{ row: PictureRow; isNew: boolean }> {
  const name = picture.name === "" ? picture.imageId.replace(/^sha256:/, "") : picture.name;
  checkPictureName(name);
  checkSplit(picture.split);
  checkAttributes(picture.attributes);
  await lockToAdd(trx, set, picture.imageId);
  await refuseDeleted(trx, set);
  if (keep) {
    const there = await sameAs(trx, set, name, picture.imageId);
    await keep();
    if (there) return { row: there, isNew: false };
  }
  const added = await trx
    .with("added", (db) =>
      db
        .insertInto("pictures")
        .values({
          dataset: set,
          image_id: picture.imageId,
          width: picture.width,
          height: picture.height,
          reading: picture.reading === undefined ? null : JSON.stringify(picture.reading),
          bytes: picture.bytes,
          media_type: picture.mediaType,
          name,
          split: picture.split,
          attributes: JSON.stringify(picture.attributes),
          state: PictureState.OPEN,
          added_by: person,
        })
        .onConflict((name) => name.doNothing())
        .returningAll(),
    )
    .with("noted", (db) =>
      db
        .insertInto("picture_revisions")
        .columns(["picture", "revision", "dataset", "name", "split", "attributes", "state", "deleted", "person"])
        .expression(
          db
            .selectFrom("added")
            .select(["id", "revision", "dataset", "name", "split", "attributes", "state", "deleted", "added_by"]),
        ),
    )
    .selectFrom("added")
    .selectAll()
    .executeTakeFirst();
  if (added) return { row: added, isNew: true };
  const there = await sameAs(trx, set, name, picture.imageId);
  if (!there) throw conflict("The picture");
  return { row: there, isNew: false };
}

/** The one that is there under that name. @throws ServiceError ALREADY_EXISTS when it is another picture. */
async function sameAs(
  trx: Transaction<Schema>,
  set: number,
  name: string,
  imageId: string,
): Promise<PictureRow | undefined> {
  const there = await trx
    .selectFrom("pictures")
    .selectAll()
    .where("dataset", "=", set)
    .where("name", "=", name)
    .where("deleted", "=", false)
    .executeTakeFirst();
  if (!there || there.image_id === imageId) return there;
  throw alreadyExists(`The data set has another picture called "${name}"; give this one another name.`);
}
