import { create, fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import type { Selectable } from "kysely";
import {
  type AcceptReplaysRequest,
  BoundingBoxSchema,
  DatasetObjectSchema,
  type ListReplaysRequest,
  ObjectState,
  type Provenance,
  ProvenanceSchema,
  type ReplaySchema,
  RleSchema,
} from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import type { Database } from "../database/database.js";
import type { Schema } from "../database/schema.js";
import { changeObjects } from "../objects/change-objects.js";
import { objectMessage } from "../objects/object-message.js";
import { stateKey, statesAt } from "../objects/read-objects.js";
import { anyText, cutPage, pageSize, pageToken, readPageToken, wholeNumber } from "../pages.js";
import { findSet } from "../sets/find-set.js";
import type { Who } from "../who.js";
import type { Jobs } from "./jobs.js";

type ReplayRow = Selectable<Schema["replays"]>;
/** With its picture's size. */
type SizedRow = ReplayRow & { readonly rows: number; readonly columns: number };
type ReplayInit = MessageInitShape<typeof ReplaySchema>;

/** Changed in one transaction. */
const portion = 500;

/** What replay jobs have found. */
export class Replays {
  readonly #database: Database;
  readonly #jobs: Pick<Jobs, "find">;

  constructor(database: Database, jobs: Pick<Jobs, "find">) {
    this.#database = database;
    this.#jobs = jobs;
  }

  /** The worst first. @throws ServiceError NOT_FOUND. */
  async list(
    who: Who,
    request: Pick<ListReplaysRequest, "dataset" | "job" | "pageSize" | "page">,
  ): Promise<{ replays: ReplayInit[]; nextPage: string }> {
    const { db } = this.#database;
    const job = await this.#jobs.find(who, request);
    const { key } = await findSet(db, who, request.dataset);
    const size = pageSize(request.pageSize, 100, 500);
    const [iou, object] = readPageToken(request.page, [anyText, wholeNumber]) ?? [];
    const rows = await db
      .selectFrom("replays")
      .selectAll()
      .where("job", "=", job)
      .$if(object !== undefined, (all) =>
        all.where(({ eb, refTuple, tuple }) =>
          eb(refTuple("iou", "object"), ">", tuple(Number(iou), BigInt(object ?? 0))),
        ),
      )
      .orderBy("iou")
      .orderBy("object")
      .limit(size + 1)
      .execute();
    const { page, nextPage } = cutPage(rows, size, (last) => pageToken([last.iou, last.object]));
    const before = await statesAt(db, key, page);
    const replays = page.flatMap((row) => {
      const state = before.get(stateKey(row.object, row.revision));
      return state ? [replayMessage(row, objectMessage(state))] : [];
    });
    return { replays, nextPage };
  }

  /** Each by itself: what somebody has changed since is left. @throws ServiceError NOT_FOUND, INVALID_ARGUMENT. */
  async accept(
    who: Who,
    request: Pick<AcceptReplaysRequest, "dataset" | "job" | "leastIou" | "objects">,
  ): Promise<{ accepted: number; conflicts: number }> {
    const { leastIou, objects } = request;
    if (!(leastIou > 0) && objects.length === 0) throw invalidArgument("Say which: least_iou above 0, or objects.");
    const job = await this.#jobs.find(who, request);
    const { key: set } = await findSet(this.#database.db, who, request.dataset);
    const sum = { accepted: 0, conflicts: 0 };
    for (let after = 0n; ; ) {
      const done = await this.#database.transaction(async (trx) => {
        const rows = await trx
          .selectFrom("replays")
          .innerJoin("pictures", "pictures.id", "replays.picture")
          .selectAll("replays")
          .select(["pictures.height as rows", "pictures.width as columns"])
          .where("replays.job", "=", job)
          .where("replays.accepted", "=", false)
          .where("replays.object", ">", after)
          .$if(objects.length === 0, (all) => all.where("replays.iou", ">=", leastIou))
          .$if(objects.length > 0, (all) => all.where("replays.object", "in", objects))
          .orderBy("replays.object")
          .limit(portion)
          .execute();
        const outcomes = await changeObjects(trx, { set, person: who.person }, rows.map(stepOf));
        const taken = rows.filter((_, at) => outcomes[at]?.problem === undefined);
        if (taken.length > 0) {
          const ids = taken.map(({ object }) => object);
          await trx
            .updateTable("replays")
            .set({ accepted: true })
            .where("job", "=", job)
            .where("object", "in", ids)
            .execute();
        }
        return { last: rows.at(-1)?.object, taken: taken.length, left: rows.length - taken.length, all: rows.length };
      });
      sum.accepted += done.taken;
      sum.conflicts += done.left;
      if (done.all < portion || done.last === undefined) return sum;
      after = done.last;
    }
  }
}

function stepOf({ object, revision, counts, rows, columns, ...row }: SizedRow) {
  const rle = { size: [rows, columns], counts };
  const step = {
    kind: "patch" as const,
    label: undefined,
    rle,
    state: ObjectState.UNSPECIFIED,
    reason: undefined,
    provenance: provenanceOf(row),
    attributes: {},
  };
  return { kind: "step" as const, object, revision, step };
}

function provenanceOf({ job, provenance, prompts }: Pick<ReplayRow, "job" | "provenance" | "prompts">): Provenance {
  const made = fromBinary(ProvenanceSchema, provenance);
  // A model's work, not that of whoever takes it over.
  made.job = job;
  made.prompts = prompts ? fromBinary(ProvenanceSchema, prompts).prompts : [];
  return made;
}

function replayMessage(row: ReplayRow, before: MessageInitShape<typeof DatasetObjectSchema>): ReplayInit {
  const { counts, x, y, width, height, area, iou, accepted } = row;
  const after = create(DatasetObjectSchema, before);
  after.rle = create(RleSchema, { size: after.rle?.size ?? [], counts });
  after.bbox = create(BoundingBoxSchema, { x, y, width, height });
  after.area = area;
  after.provenance = provenanceOf(row);
  return { before, after, iou, accepted };
}
