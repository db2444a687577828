import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Kysely, sql } from "kysely";
import type {
  DatasetPictureSchema,
  GetPictureRequest,
  ListPicturesRequest,
  ListPicturesResponseSchema,
} from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import type { Database } from "../database/database.js";
import type { Schema } from "../database/schema.js";
import { notFound } from "../faults.js";
import { cutPage, pageSize, pageToken, readPageToken, wholeNumber } from "../pages.js";
import { findSet } from "../sets/find-set.js";
import { changeOf } from "../sets/versions.js";
import type { Who } from "../who.js";
import { addPicture, type NewPicture } from "./add-picture.js";
import { wasFrameOf } from "./ever-frames.js";
import { asksMore, orderOf, picturesOf } from "./picture-filter.js";
import { type PictureRow, pictureMessage } from "./picture-message.js";

type PictureInit = MessageInitShape<typeof DatasetPictureSchema>;

/** Pictures of sets, as they are and as they were. */
export class Pictures {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * @param keep has its file kept before anybody sees the picture: what takes files away waits until then. It may be asked
   *   several times. @throws as `addPicture` and `keep`.
   */
  async add(
    who: Who,
    dataset: string,
    picture: NewPicture,
    keep: () => Promise<void> = async () => {},
  ): Promise<PictureInit> {
    return this.#database.transactionWithFiles(async (trx) => {
      const { key } = await findSet(trx, who, dataset);
      const { row } = await addPicture(trx, key, who.person, picture, keep);
      return pictureMessage(row);
    });
  }

  async get(who: Who, { dataset, picture }: GetPictureRequest): Promise<PictureInit> {
    return pictureMessage(await this.#row(who, dataset, picture));
  }

  /** What its file is kept under, and what it is. */
  async file(who: Who, { dataset, picture }: { dataset: string; picture: bigint }) {
    const row = await this.#row(who, dataset, picture);
    const { image_id: imageId, media_type: mediaType, name, width, height } = row;
    return { imageId, bytes: Number(row.bytes), mediaType, name, width, height };
  }

  /** In the order in which they were added; frames of the sequence that is asked for in its order. */
  async list(who: Who, request: ListPicturesRequest): Promise<MessageInitShape<typeof ListPicturesResponseSchema>> {
    const { db } = this.#database;
    const { key } = await findSet(db, who, request.dataset);
    const size = pageSize(request.pageSize, 100, 500);
    const order = orderOf(request.filter);
    const after = BigInt(readPageToken(request.page, [wholeNumber])?.[0] ?? -1);
    const rows =
      request.version === 0
        ? await picturesOf(db, key, request.filter)
            .selectAll()
            .where(`pictures.${order}`, ">", after as never)
            .orderBy(`pictures.${order}`)
            .limit(size + 1)
            .execute()
        : await asOf(db, key, request, after, size + 1);
    const { page, nextPage } = cutPage(rows, size, (last) => pageToken([last[order] ?? 0]));
    return { pictures: page.map((row) => pictureMessage(row)), nextPage };
  }

  async #row(who: Who, dataset: string, picture: bigint): Promise<PictureRow> {
    const { db } = this.#database;
    const { key } = await findSet(db, who, dataset);
    const row = await picturesOf(db, key, undefined).selectAll().where("id", "=", picture).executeTakeFirst();
    if (!row) throw noPicture(picture);
    return row;
  }
}

export const noPicture = (picture: bigint) => notFound(`The data set has no picture ${picture}.`);

/** As they were in a version: the last revision of each up to its change. Nobody holds them, and their objects are not counted. */
async function asOf(
  db: Kysely<Schema>,
  set: number,
  { version, filter }: ListPicturesRequest,
  after: bigint,
  most: number,
): Promise<PictureRow[]> {
  if (asksMore(filter && { ...filter, name: "", sequence: 0n })) {
    throw invalidArgument(
      "Of a version's pictures a filter can take names, splits, states and a sequence; ask for its objects apart.",
    );
  }
  const { name = "", splits = [], states = [], sequence = 0n } = filter ?? {};
  const order = sequence > 0n ? sql`r.frame` : sql`p.id`;
  const change = await changeOf(db, set, version);
  const { rows } = await sql<PictureRow>`
    select p.*, r.name, r.split, r.attributes, r.state, r.revision, r.sequence, r.frame, r.time_ms, null as held_by,
      0 as objects, 0 as proposed, 0 as to_review, 0 as accepted, 0 as rejected
    from pictures p cross join lateral (
      select * from picture_revisions r
      where r.dataset = p.dataset and r.picture = p.id and r.change <= ${change} order by r.revision desc limit 1
    ) r
    where p.dataset = ${set} and ${order} > ${after} and not r.deleted
      and ${sequence > 0n ? sql`${wasFrameOf(sequence)} and r.sequence = ${sequence}` : sql`true`}
      and (${name} = '' or position(lower(${name}) in lower(r.name)) > 0)
      and (${splits.length} = 0 or r.split = any (${splits}::text[]))
      and (${states.length} = 0 or r.state = any (${states}::int[]))
    order by ${order} limit ${most}`.execute(db);
  return rows;
}
