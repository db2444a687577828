import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Kysely, sql } from "kysely";
import {
  type NextReviewsRequest,
  type NextReviewsResponseSchema,
  ObjectState,
  type ReviewObjectsRequest,
  type SaveObjectsResponseSchema,
} from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import type { Database } from "../database/database.js";
import type { Schema } from "../database/schema.js";
import { objectMessage } from "../objects/object-message.js";
import { checkKey } from "../objects/objects.js";
import { currentStates } from "../objects/read-objects.js";
import { saveChanges } from "../objects/save-changes.js";
import { picturesOf } from "../pictures/picture-filter.js";
import { pictureMessage } from "../pictures/picture-message.js";
import { findSet } from "../sets/find-set.js";
import type { Who } from "../who.js";

const usualCount = 20;
const mostCount = 100;
const mostVerdicts = 500;

/** Objects that wait for somebody's verdict. */
export class Reviews {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** As they were made. */
  async next(who: Who, request: NextReviewsRequest): Promise<MessageInitShape<typeof NextReviewsResponseSchema>> {
    if (request.count > mostCount) throw invalidArgument(`At most ${mostCount} objects are answered at once.`);
    const { db } = this.#database;
    const { key } = await findSet(db, who, request.dataset);
    const waiting = waitingOf(db, key, who.person, request);
    const ids = await waiting
      .select(["objects.id", "objects.picture"])
      .where("objects.id", ">", request.after)
      .orderBy("objects.id")
      .limit(request.count === 0 ? usualCount : request.count)
      .execute();
    const states = await currentStates(
      db,
      key,
      ids.map(({ id }) => id),
    );
    const pictures = [...new Set(ids.map(({ picture }) => picture))];
    const rows = pictures.length
      ? await picturesOf(db, key, undefined).selectAll().where("id", "in", pictures).orderBy("id").execute()
      : [];
    const isCounted = request.people.length === 0 && !request.othersOnly && request.filter === undefined;
    const n = isCounted
      ? await countedOf(db, key, request)
      : (await waiting.select((all) => all.fn.countAll<bigint>().as("n")).executeTakeFirstOrThrow()).n;
    return {
      objects: ids.flatMap(({ id }) => {
        const state = states.get(id);
        return state ? [objectMessage(state)] : [];
      }),
      pictures: rows.map((row) => pictureMessage(row)),
      waiting: Number(n),
    };
  }

  /** Each by itself; what is rejected goes back to its maker, with the reason. */
  async decide(who: Who, request: ReviewObjectsRequest): Promise<MessageInitShape<typeof SaveObjectsResponseSchema>> {
    const { verdicts } = request;
    if (verdicts.length === 0 || verdicts.length > mostVerdicts) {
      throw invalidArgument(`A request has 1 to ${mostVerdicts} verdicts; this one has ${verdicts.length}.`);
    }
    const changes = verdicts.map(({ key, object, revision, accept, reason, seconds }) => {
      checkKey(key);
      return { key, kind: "step", object, revision, step: { kind: "judge", accept, reason, seconds } } as const;
    });
    return { saved: await saveChanges(this.#database, who, request.dataset, changes) };
  }
}

/** How many there are by state and label, of which counts are kept: no object is looked at. */
async function countedOf(db: Kysely<Schema>, set: number, { labels, proposed }: NextReviewsRequest): Promise<number> {
  const { n } = await db
    .selectFrom("object_counts")
    .select((all) => all.fn.coalesce(all.fn.sum<string>("objects"), sql<string>`0`).as("n"))
    .where("dataset", "=", set)
    .where("state", "in", proposed ? [ObjectState.PROPOSED, ObjectState.TO_REVIEW] : [ObjectState.TO_REVIEW])
    .$if(labels.length > 0, (all) => all.where("label", "in", labels))
    .executeTakeFirstOrThrow();
  return Number(n);
}

function waitingOf(db: Kysely<Schema>, set: number, person: string, request: NextReviewsRequest) {
  const { labels, people, proposed, othersOnly, filter } = request;
  return (
    db
      .selectFrom("objects")
      .where("objects.dataset", "=", set)
      // As the index over those that wait says it.
      .where(sql<boolean>`objects.state in (1, 2)`)
      .$if(!proposed, (all) => all.where("objects.state", "=", ObjectState.TO_REVIEW))
      .$if(labels.length > 0, (all) => all.where("objects.label", "in", labels))
      .$if(people.length > 0, (all) => all.where("objects.maker", "in", people))
      .$if(othersOnly, (all) => all.where("objects.maker", "<>", person))
      .$if(filter !== undefined, (all) =>
        all.where("objects.picture", "in", picturesOf(db, set, filter).select("pictures.id")),
      )
  );
}
