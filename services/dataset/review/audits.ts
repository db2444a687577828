import { randomInt, randomUUID } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Kysely, type Selectable, sql } from "kysely";
import {
  type AuditItemSchema,
  type AuditSchema,
  decodeRle,
  type FinishAuditItemRequest,
  type GetAuditRequest,
  type ListAuditItemsRequest,
  type ListAuditItemsResponseSchema,
  type ListAuditsRequest,
  type ListAuditsResponseSchema,
  ObjectState,
  rleIou,
  type StartAuditRequest,
} from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import type { Database } from "../database/database.js";
import type { Schema } from "../database/schema.js";
import { notFound, notNow } from "../faults.js";
import { objectMessage, type StateRow } from "../objects/object-message.js";
import { currentStates, stateKey, statesAt } from "../objects/read-objects.js";
import { cutPage, pageSize, pageToken, readPageToken, wholeNumber } from "../pages.js";
import { picturesOf } from "../pictures/picture-filter.js";
import { pictureMessage } from "../pictures/picture-message.js";
import { findSet, isUuid } from "../sets/find-set.js";
import type { Who } from "../who.js";

type AuditInit = MessageInitShape<typeof AuditSchema>;
type ItemInit = MessageInitShape<typeof AuditItemSchema>;
type ItemRow = Selectable<Schema["audit_items"]>;
type AuditRow = Selectable<Schema["audits"]>;

const mostObjects = 10_000;

/** How good accepted objects are: random samples of them, corrected one by one. */
export class Audits {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @throws ServiceError FAILED_PRECONDITION when nothing is accepted that could be drawn. */
  async start(who: Who, request: StartAuditRequest): Promise<AuditInit> {
    const { size, filter } = request;
    if (size === 0 || size > mostObjects) throw invalidArgument(`An audit draws 1 to ${mostObjects} objects.`);
    const seed = request.seed === 0n ? BigInt(randomInt(1, 2 ** 47)) : request.seed;
    return this.#database.transaction(async (trx) => {
      const { key } = await findSet(trx, who, request.dataset);
      const drawn = await trx
        .selectFrom("objects")
        .select(["id", "picture", "revision"])
        .where("dataset", "=", key)
        .where("state", "=", ObjectState.ACCEPTED)
        .$if(filter !== undefined, (all) =>
          all.where("picture", "in", picturesOf(trx, key, filter).select("pictures.id")),
        )
        // As random as the seed, and the same for it every time.
        .orderBy(sql`hashint8extended(id, ${BigInt.asIntN(64, seed)})`)
        .orderBy("id")
        .limit(size)
        .execute();
      if (drawn.length === 0) throw notNow("There are no accepted objects to draw from; review some first.");
      const audit = await trx
        .insertInto("audits")
        .values({ id: randomUUID(), dataset: key, created_by: who.person, seed: String(seed), size: drawn.length })
        .returningAll()
        .executeTakeFirstOrThrow();
      await sql`
        insert into audit_items (audit, object, picture, before, place)
        select ${audit.id}::uuid, object, picture, before, place - 1
        from unnest(${drawn.map(({ id }) => id)}::bigint[], ${drawn.map(({ picture }) => picture)}::bigint[],
          ${drawn.map(({ revision }) => revision)}::int[]) with ordinality as drawn (object, picture, before, place)
      `.execute(trx);
      return only(await auditMessages(trx, [audit]));
    });
  }

  async get(who: Who, { dataset, audit }: GetAuditRequest): Promise<AuditInit> {
    const { db } = this.#database;
    const { key } = await findSet(db, who, dataset);
    return only(await auditMessages(db, [await findAudit(db, key, audit)]));
  }

  /** The newest first. */
  async list(who: Who, { dataset }: ListAuditsRequest): Promise<MessageInitShape<typeof ListAuditsResponseSchema>> {
    const { db } = this.#database;
    const { key } = await findSet(db, who, dataset);
    const rows = await db
      .selectFrom("audits")
      .selectAll()
      .where("dataset", "=", key)
      .orderBy("created_at", "desc")
      .orderBy("id")
      .execute();
    return { audits: await auditMessages(db, rows) };
  }

  /** Those that wait first, then in the sample's order. */
  async items(
    who: Who,
    request: ListAuditItemsRequest,
  ): Promise<MessageInitShape<typeof ListAuditItemsResponseSchema>> {
    const size = pageSize(request.pageSize, 20, 100);
    const after = readPageToken(request.page, [wholeNumber, wholeNumber]);
    const { db } = this.#database;
    const { key } = await findSet(db, who, request.dataset);
    const audit = await findAudit(db, key, request.audit);
    const isDone = sql<number>`(after is not null)::int`;
    const rows = await db
      .selectFrom("audit_items")
      .selectAll()
      .where("audit", "=", audit.id)
      .$if(request.waiting, (all) => all.where("after", "is", null))
      .$if(after !== undefined, (all) =>
        all.where(sql<boolean>`(${isDone}, place) > (${Number(after?.[0])}, ${Number(after?.[1])})`),
      )
      .orderBy(isDone)
      .orderBy("place")
      .limit(size + 1)
      .execute();
    const { page, nextPage } = cutPage(rows, size, (last) => pageToken([last.after === null ? 0 : 1, last.place]));
    return { items: await itemMessages(db, key, page), nextPage };
  }

  /** It is as it should be: its mask is held against the one that was drawn. @throws ServiceError NOT_FOUND. */
  async finish(who: Who, request: FinishAuditItemRequest): Promise<ItemInit> {
    return this.#database.transaction(async (trx) => {
      const { key } = await findSet(trx, who, request.dataset);
      const audit = await findAudit(trx, key, request.audit);
      const item = await trx
        .selectFrom("audit_items")
        .selectAll()
        .where("audit", "=", audit.id)
        .where("object", "=", request.object)
        .forUpdate()
        .executeTakeFirst();
      if (!item) throw notFound(`The audit has not drawn the object ${request.object}.`);
      const { before, now } = await bothStates(trx, key, item);
      const finished = await trx
        .updateTable("audit_items")
        .set({ after: now.revision, iou: iouOf(before, now), person: who.person, at: new Date() })
        .where("audit", "=", audit.id)
        .where("object", "=", request.object)
        .returningAll()
        .executeTakeFirstOrThrow();
      return only(await itemMessages(trx, key, [finished]));
    });
  }
}

async function findAudit(db: Kysely<Schema>, set: number, audit: string): Promise<AuditRow> {
  const row = isUuid(audit)
    ? await db.selectFrom("audits").selectAll().where("dataset", "=", set).where("id", "=", audit).executeTakeFirst()
    : undefined;
  if (!row) throw notFound(`The data set has no audit "${audit.slice(0, 40)}".`);
  return row;
}

async function bothStates(db: Kysely<Schema>, set: number, { object, picture, before }: ItemRow) {
  const [first] = (await statesAt(db, set, [{ object, picture, revision: before }])).values();
  const [now] = (await currentStates(db, set, [object])).values();
  if (!first || !now) throw notFound(`The object ${object} is not in the data set any more.`);
  return { before: first, now };
}

/** What was deleted was nothing, or too bad to be mended. */
function iouOf(before: StateRow, now: StateRow): number {
  if (now.state === ObjectState.DELETED) return 0;
  return rleIou(maskOf(before), maskOf(now));
}

const maskOf = ({ counts, rows, columns }: StateRow) => decodeRle({ size: [rows, columns], counts: counts ?? "" });

/** Where the histogram's bins begin. */
const bins = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95] as const;

async function auditMessages(db: Kysely<Schema>, audits: readonly AuditRow[]): Promise<AuditInit[]> {
  const { rows } = await sql<{
    audit: string;
    finished: bigint;
    over90: number | null;
    over75: number | null;
    mean: number | null;
    histogram: number[];
  }>`
    select audit, count(*) as finished, avg((iou > 0.9)::int)::real as over90, avg((iou > 0.75)::int)::real as over75,
      avg(iou)::real as mean,
      array[${sql.join([0, ...bins].map((_, at) => sql`count(*) filter (where width_bucket(iou::float8, ${[...bins]}::float8[]) = ${at})::int`))}] as histogram
    from audit_items where audit = any (${audits.map(({ id }) => id)}::uuid[]) and iou is not null group by audit`.execute(
    db,
  );
  const found = new Map(rows.map((row) => [row.audit, row]));
  return audits.map(({ id, created_at, created_by, size }) => {
    const sums = found.get(id);
    return {
      id,
      createdAt: timestampFromDate(created_at),
      createdBy: created_by,
      size,
      finished: Number(sums?.finished ?? 0),
      shareOver90: sums?.over90 ?? 0,
      shareOver75: sums?.over75 ?? 0,
      meanIou: sums?.mean ?? 0,
      histogram: sums?.histogram ?? [0, ...bins].map(() => 0),
    };
  });
}

async function itemMessages(db: Kysely<Schema>, set: number, items: readonly ItemRow[]): Promise<ItemInit[]> {
  const wanted = items.flatMap(({ object, picture, before, after }) =>
    [before, ...(after === null ? [] : [after])].map((revision) => ({ object, picture, revision })),
  );
  const states = await statesAt(db, set, wanted);
  const ids = items.map(({ picture }) => picture);
  // Deleted ones too: the sample is what it was.
  const rows = ids.length
    ? await db.selectFrom("pictures").selectAll().where("dataset", "=", set).where("id", "in", ids).execute()
    : [];
  const pictures = new Map(rows.map((row) => [row.id, row]));
  return items.map((item) => {
    const before = states.get(stateKey(item.object, item.before));
    const after = item.after === null ? undefined : states.get(stateKey(item.object, item.after));
    const picture = pictures.get(item.picture);
    return {
      audit: item.audit,
      ...(before && { before: objectMessage(before) }),
      ...(after && { after: objectMessage(after) }),
      ...(item.iou === null ? {} : { iou: item.iou }),
      ...(picture && { picture: pictureMessage(picture) }),
    };
  });
}

function only<T>(all: readonly T[]): T {
  return all[0] as T;
}
