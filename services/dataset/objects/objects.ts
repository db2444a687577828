import type { MessageInitShape } from "@bufbuild/protobuf";
import { sql } from "kysely";
import {
  type ListObjectsRequest,
  type ListObjectsResponseSchema,
  type ListRevisionsRequest,
  type ListRevisionsResponseSchema,
  type ObjectChange,
  ObjectState,
  type Provenance,
  type SaveObjectsRequest,
  type SaveObjectsResponseSchema,
  TrackState,
} from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import type { Database } from "../database/database.js";
import { notFound } from "../faults.js";
import { pageSize, pageToken, readPageToken, wholeNumber } from "../pages.js";
import { findSet } from "../sets/find-set.js";
import { changeOf } from "../sets/versions.js";
import type { Who } from "../who.js";
import type { Change } from "./change-objects.js";
import { objectMessage, type StateRow } from "./object-message.js";
import { stateColumns, withMask } from "./read-objects.js";
import { saveChanges } from "./save-changes.js";

const mostChanges = 500;
const mostPictures = 500;
const longestKey = 64;
/** A page ends with the object that reaches it. */
const pageBytes = 8 * 1024 * 1024;

/** Objects of sets, as they are and as they were. */
export class Objects {
  readonly #database: Database;
  readonly #weightsOf: (model: string) => string;

  /** @param weightsOf a model's digest: pages know no more than its name. */
  constructor(database: Database, weightsOf: (model: string) => string = () => "") {
    this.#database = database;
    this.#weightsOf = weightsOf;
  }

  /** By picture and id. */
  async list(who: Who, request: ListObjectsRequest): Promise<MessageInitShape<typeof ListObjectsResponseSchema>> {
    const { pictures, labels, states, people, version, brief, track } = request;
    if (pictures.length > mostPictures)
      throw invalidArgument(`Objects of at most ${mostPictures} pictures are listed at once.`);
    const size = pageSize(request.pageSize, 500, 1000);
    const [picture, object] = (readPageToken(request.page, [wholeNumber, wholeNumber]) ?? [0, 0]).map(BigInt);
    const { db } = this.#database;
    const { key } = await findSet(db, who, request.dataset);
    const alias = version === 0 ? "o" : "r";
    const of = (name: string) => sql.ref(`${alias}.${name}`);
    const source =
      version === 0
        ? sql``
        : sql`cross join lateral (
            select * from object_revisions r where r.picture = o.picture and r.object = o.id and r.change <= ${await changeOf(db, key, version)}
            order by r.revision desc limit 1
          ) r`;
    const wanted = sql.join(
      [
        sql`o.dataset = ${key}`,
        sql`(o.picture, o.id) > (${picture}, ${object})`,
        ...(pictures.length > 0 ? [sql`o.picture = any (${pictures}::bigint[])`] : []),
        ...(labels.length > 0 ? [sql`${of("label")} = any (${labels}::int[])`] : []),
        states.length > 0
          ? sql`${of("state")} = any (${states}::int[])`
          : sql`${of("state")} <> ${ObjectState.DELETED}`,
        ...(track > 0n ? [sql`${of("track")} = ${track}`] : []),
        ...(people.length > 0 ? [sql`${of("person")} = any (${people}::text[])`] : []),
      ],
      sql` and `,
    );
    // Masks are read of those alone that the page has room for.
    const bytes = brief ? sql`0` : sql`octet_length(m.counts) + coalesce(octet_length(m.prompts), 0)`;
    const { rows } = await sql<StateRow & { found: bigint }>`
      select * from (
        select ${stateColumns(alias, { brief })}, sum(${bytes}) over (order by o.picture, o.id) - ${bytes} as before,
          count(*) over () as found
        from (
          select o.* from objects o ${source} where ${wanted} order by o.picture, o.id limit ${size + 1}
        ) o ${source} ${withMask(alias)}
      ) page where before < ${pageBytes} order by picture, id`.execute(db);
    const page = rows.slice(0, size);
    const last = page.at(-1);
    const isMore = last !== undefined && Number(last.found) > page.length;
    return { objects: page.map(objectMessage), nextPage: isMore ? pageToken([last.picture, last.id]) : "" };
  }

  /** Each by itself: of two people who save the same object one wins, and the other is told so, with the winner's. */
  async save(who: Who, request: SaveObjectsRequest): Promise<MessageInitShape<typeof SaveObjectsResponseSchema>> {
    const { changes } = request;
    if (changes.length === 0 || changes.length > mostChanges) {
      throw invalidArgument(`A request has 1 to ${mostChanges} changes; this one has ${changes.length}.`);
    }
    for (const { change } of changes) {
      const { provenance } = change.case === "create" || change.case === "patch" ? change.value : {};
      if (provenance?.model && !provenance.weights) provenance.weights = this.#weightsOf(provenance.model);
    }
    return { saved: await saveChanges(this.#database, who, request.dataset, changes.map(changeIn)) };
  }

  /** The newest first. @throws ServiceError NOT_FOUND. */
  async revisions(
    who: Who,
    { dataset, object }: ListRevisionsRequest,
  ): Promise<MessageInitShape<typeof ListRevisionsResponseSchema>> {
    const { db } = this.#database;
    const { key } = await findSet(db, who, dataset);
    const { rows } = await sql<StateRow>`
      select ${stateColumns("r", {})} from objects o
      join object_revisions r on r.picture = o.picture and r.object = o.id ${withMask("r")}
      where o.dataset = ${key} and o.id = ${object} order by r.revision desc`.execute(db);
    if (rows.length === 0) throw notFound(`The data set has no object ${object}.`);
    return { revisions: rows.map(objectMessage) };
  }
}

/** @throws ServiceError INVALID_ARGUMENT for what is no change at all. */
function changeIn({ key, change, object, revision }: ObjectChange): Change & { key: string } {
  checkKey(key);
  switch (change.case) {
    case "create": {
      const { picture, label, rle, state, provenance, attributes, track } = change.value;
      if (!rle) throw invalidArgument("A new object needs `rle`, its mask.");
      if (provenance) forgetClaims(provenance);
      const create = {
        picture,
        label,
        rle,
        attributes,
        ...(provenance && { provenance }),
        ...(track !== 0n && { track }),
      };
      return { key, kind: "create", create: { ...create, state: state || ObjectState.TO_REVIEW } };
    }
    case "patch": {
      const { label, rle, state, reason, provenance, attributes, track } = change.value;
      if (provenance) forgetClaims(provenance);
      return {
        key,
        kind: "step",
        object,
        revision,
        step: { kind: "patch", label, rle, state, reason, provenance, attributes, track },
      };
    }
    case "takeBack":
      return { key, kind: "step", object, revision, step: { kind: "takeBack", revision: change.value } };
    case "delete":
      return { key, kind: "step", object, revision, step: { kind: "delete" } };
    case undefined:
      throw invalidArgument("A change is one of create, patch, take_back and delete.");
  }
}

/** What jobs and tracks alone say of their masks. */
function forgetClaims(provenance: Provenance): void {
  Object.assign(provenance, { job: "", trackState: TrackState.UNSPECIFIED, agreement: 0 });
}

/** @throws ServiceError INVALID_ARGUMENT. */
export function checkKey(key: string): void {
  if (key !== "" && key.length <= longestKey && !key.includes("\0")) return;
  throw invalidArgument(`A change needs a key of its own, of 1 to ${longestKey} characters, so that it is made once.`);
}
