import type { JsonValue } from "@bufbuild/protobuf";
import type { Transaction } from "kysely";
import { PictureState } from "../../../proto/index.js";
import { type Attributes, checkAttributes } from "../attributes.js";
import type { Schema } from "../database/schema.js";
import { lockForChange, lockPicture } from "../database/set-lock.js";
import { alreadyExists } from "../faults.js";
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
 * Puts a picture into a set; the same under the same name is there already then, and is left as it is. Whoever keeps its file after
 * this and before the transaction's end keeps it from whoever deletes what no set has.
 * @param set its key. @throws ServiceError ALREADY_EXISTS when another picture has that name; INVALID_ARGUMENT.
 */
export async function addPicture(
  trx: Transaction<Schema>,
  set: number,
  person: string,
  picture: NewPicture,
): Promise<{ row: PictureRow; isNew: boolean }> {
  const name = picture.name === "" ? picture.imageId.replace(/^sha256:/, "") : picture.name;
  checkPictureName(name);
  checkSplit(picture.split);
  checkAttributes(picture.attributes);
  await lockForChange(trx, set);
  await lockPicture(trx, picture.imageId);
  const attributes = JSON.stringify(picture.attributes);
  const { split } = picture;
  const added = await trx
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
      split,
      attributes,
      state: PictureState.OPEN,
      added_by: person,
    })
    .onConflict((name) => name.doNothing())
    .returningAll()
    .executeTakeFirst();
  if (!added) return { row: await sameAs(trx, set, name, picture.imageId), isNew: false };
  await trx
    .insertInto("picture_revisions")
    .values({
      picture: added.id,
      revision: 1,
      dataset: set,
      name,
      split,
      attributes,
      state: added.state,
      deleted: false,
      person,
    })
    .execute();
  return { row: added, isNew: true };
}

async function sameAs(trx: Transaction<Schema>, set: number, name: string, imageId: string): Promise<PictureRow> {
  const there = await trx
    .selectFrom("pictures")
    .selectAll()
    .where("dataset", "=", set)
    .where("name", "=", name)
    .where("deleted", "=", false)
    .executeTakeFirst();
  if (there?.image_id === imageId) return there;
  throw alreadyExists(`The data set has another picture called "${name}"; give this one another name.`);
}
