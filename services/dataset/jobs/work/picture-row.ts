import type { Kysely } from "kysely";
import { decodeRle, type MaskBox, type MaskRuns, ObjectState, rleIou } from "../../../../proto/index.js";
import { Code, ServiceError } from "../../../runtime/errors.js";
import type { Schema } from "../../database/schema.js";
import type { Job } from "../job.js";

export interface PictureRow {
  readonly id: bigint;
  readonly imageId: string;
  readonly width: number;
  readonly height: number;
  readonly name: string;
}

/** @throws ServiceError NOT_FOUND when somebody has taken it out of the set. */
export async function findPicture(db: Kysely<Schema>, { dataset }: Job, id: bigint): Promise<PictureRow> {
  const row = await db
    .selectFrom("pictures")
    .select(["id", "image_id as imageId", "width", "height", "name"])
    .where("id", "=", id)
    .where("dataset", "=", dataset)
    .where("deleted", "=", false)
    .executeTakeFirst();
  if (row) return row;
  throw new ServiceError({ code: Code.NOT_FOUND, message: "The picture is not in the data set any more." });
}

/** A mask that a picture has. */
interface KnownMask {
  readonly box: MaskBox;
  readonly counts: string;
}

/** Masks of a picture's objects that are not deleted. */
export class KnownMasks {
  readonly #size: { height: number; width: number };
  readonly #masks: readonly KnownMask[];
  /** Read when they are first compared. */
  readonly #runs = new Map<KnownMask, MaskRuns>();

  private constructor(size: { height: number; width: number }, masks: readonly KnownMask[]) {
    this.#size = size;
    this.#masks = masks;
  }

  static async of(db: Kysely<Schema>, { id, height, width }: PictureRow): Promise<KnownMasks> {
    const rows = await db
      .selectFrom("objects")
      .innerJoin("object_revisions as shape", (join) =>
        join
          .onRef("shape.picture", "=", "objects.picture")
          .onRef("shape.object", "=", "objects.id")
          .onRef("shape.revision", "=", "objects.shape"),
      )
      .select(["objects.x", "objects.y", "objects.width", "objects.height", "shape.counts"])
      .where("objects.picture", "=", id)
      .where("objects.state", "<>", ObjectState.DELETED)
      .execute();
    const masks = rows.map(({ counts, ...box }) => ({ box, counts: counts ?? "" }));
    return new KnownMasks({ height, width }, masks);
  }

  /** Whether one of them is the same but for a share of its pixels. */
  has(mask: MaskRuns, box: MaskBox, leastIou: number): boolean {
    return this.#masks.some((one) => overlap(one.box, box) && rleIou(this.#read(one), mask) >= leastIou);
  }

  #read(mask: KnownMask): MaskRuns {
    const known = this.#runs.get(mask);
    if (known) return known;
    const { height, width } = this.#size;
    const runs = decodeRle({ size: [height, width], counts: mask.counts });
    this.#runs.set(mask, runs);
    return runs;
  }
}

const overlap = (a: MaskBox, b: MaskBox) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/** Labels of a data set by their names, whatever their case. */
export async function labelsByName(db: Kysely<Schema>, dataset: number): Promise<Map<string, number>> {
  const rows = await db.selectFrom("labels").select(["id", "name"]).where("dataset", "=", dataset).execute();
  return new Map(rows.map(({ id, name }) => [name.toLowerCase(), id]));
}
