import { randomUUID } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Transaction } from "kysely";
import type {
  CreateDatasetRequest,
  DatasetSchema,
  DeleteDatasetRequest,
  GetDatasetRequest,
  ListDatasetsRequest,
  ListDatasetsResponseSchema,
  SetLabelsRequest,
  UpdateDatasetRequest,
} from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import type { Database } from "../database/database.js";
import { isDuplicate } from "../database/database-errors.js";
import type { Schema } from "../database/schema.js";
import { lockAlone } from "../database/set-lock.js";
import { alreadyExists, conflict, notNow } from "../faults.js";
import { anyText, cutPage, pageSize, pageToken, readPageToken } from "../pages.js";
import type { Who } from "../who.js";
import { checkLabels, colourOf, type LabelWish } from "./check-labels.js";
import { findSet, tenantOf } from "./find-set.js";
import { labelsOf, type SetRow, setMessages } from "./set-message.js";

type DatasetInit = MessageInitShape<typeof DatasetSchema>;

const longestName = 200;
const longestDescription = 10_000;

/** Data sets, with their labels. */
export class Sets {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @throws ServiceError ALREADY_EXISTS. */
  async create(who: Who, { name, description, labels }: CreateDatasetRequest): Promise<DatasetInit> {
    checkSet(name, description);
    checkLabels(labels, new Set());
    return this.#database.transaction(async (trx) => {
      const row = await trx
        .insertInto("datasets")
        .values({
          id: randomUUID(),
          tenant: tenantOf(who),
          name,
          description,
          created_by: who.person,
          next_label: labels.length + 1,
        })
        .onConflict((name) => name.doNothing())
        .returningAll()
        .executeTakeFirst();
      if (!row) throw taken(name);
      await insertLabels(
        trx,
        row.key,
        labels.map((label, at) => ({ ...label, id: at + 1 })),
      );
      return only(await setMessages(trx, [row]));
    });
  }

  async get(who: Who, { dataset }: GetDatasetRequest): Promise<DatasetInit> {
    const { db } = this.#database;
    return only(await setMessages(db, [await findSet(db, who, dataset)]));
  }

  /** By name. */
  async list(who: Who, request: ListDatasetsRequest): Promise<MessageInitShape<typeof ListDatasetsResponseSchema>> {
    const size = pageSize(request.pageSize, 100, 500);
    const after = readPageToken(request.page, [anyText])?.[0];
    const { db } = this.#database;
    const rows = await db
      .selectFrom("datasets")
      .selectAll()
      .where("tenant", "=", tenantOf(who))
      .where("deleted_at", "is", null)
      .$if(after !== undefined, (all) => all.where("name", ">", after as string))
      .orderBy("name")
      .limit(size + 1)
      .execute();
    const { page, nextPage } = cutPage(rows, size, ({ name }) => pageToken([name]));
    return { datasets: await setMessages(db, page), nextPage };
  }

  /** @throws ServiceError ABORTED, reason CONFLICT; ALREADY_EXISTS. */
  async update(who: Who, { dataset, revision, name, description }: UpdateDatasetRequest): Promise<DatasetInit> {
    return this.#database.transaction(async (trx) => {
      const set = await this.#own(trx, who, dataset, revision);
      checkSet(name ?? set.name, description ?? set.description);
      try {
        const changed = await trx
          .updateTable("datasets")
          .set({ name: name ?? set.name, description: description ?? set.description, revision: set.revision + 1 })
          .where("key", "=", set.key)
          .returningAll()
          .executeTakeFirstOrThrow();
        return only(await setMessages(trx, [changed]));
      } catch (error) {
        throw isDuplicate(error) ? taken(name ?? set.name) : error;
      }
    });
  }

  /** Nobody sees it any more; what was in it goes later, one portion after the other: see `Purge`. */
  async delete(who: Who, { dataset, name }: DeleteDatasetRequest): Promise<Record<string, never>> {
    await this.#database.transaction(async (trx) => {
      const set = await findSet(trx, who, dataset);
      if (set.name !== name) {
        throw invalidArgument(
          `The data set is called "${set.name}": give that as \`name\`, to delete no other by a slip.`,
        );
      }
      await trx.updateTable("datasets").set({ deleted_at: new Date() }).where("key", "=", set.key).execute();
      // Whoever adds to it has done so then, or sees that it is gone: nothing is added behind what is taken away.
      await lockAlone(trx, set.key);
    });
    return {};
  }

  /** @throws ServiceError FAILED_PRECONDITION when objects have a label that is left out; ABORTED, reason CONFLICT. */
  async setLabels(who: Who, { dataset, revision, labels }: SetLabelsRequest): Promise<DatasetInit> {
    return this.#database.transaction(async (trx) => {
      const set = await this.#own(trx, who, dataset, revision);
      await lockAlone(trx, set.key);
      const before = (await labelsOf(trx, [set.key])).get(set.key) ?? [];
      checkLabels(labels, new Set(before.map(({ id }) => id)));
      const kept = new Set(labels.map(({ id }) => id));
      await refuseUsed(
        trx,
        set.key,
        before.filter(({ id }) => !kept.has(id)),
      );
      let next = set.next_label;
      const all = labels.map((label) => ({ ...label, id: label.id === 0 ? next++ : label.id }));
      await trx.deleteFrom("labels").where("dataset", "=", set.key).execute();
      await insertLabels(trx, set.key, all);
      const changed = await trx
        .updateTable("datasets")
        .set({ revision: set.revision + 1, next_label: next })
        .where("key", "=", set.key)
        .returningAll()
        .executeTakeFirstOrThrow();
      return only(await setMessages(trx, [changed]));
    });
  }

  /** The set, held against other changes of it. */
  async #own(trx: Transaction<Schema>, who: Who, dataset: string, revision: number): Promise<SetRow> {
    const { key } = await findSet(trx, who, dataset);
    const set = await trx
      .selectFrom("datasets")
      .selectAll()
      .where("key", "=", key)
      .forNoKeyUpdate()
      .executeTakeFirstOrThrow();
    if (set.revision !== revision) throw conflict("The data set");
    return set;
  }
}

function checkSet(name: string, description: string): void {
  if (name.trim() === "") throw invalidArgument("A data set needs a name.");
  if ([...name].length > longestName) throw invalidArgument(`A data set's name has at most ${longestName} characters.`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\x00-\x1f\x7f]/.test(name)) throw invalidArgument("A data set's name is one line.");
  if (description.length > longestDescription || description.includes("\0")) {
    throw invalidArgument(`A data set's description has at most ${longestDescription} characters.`);
  }
}

async function insertLabels(trx: Transaction<Schema>, set: number, labels: readonly LabelWish[]): Promise<void> {
  // A statement has at most 65,535 values.
  for (let at = 0; at < labels.length; at += 1000) {
    const rows = labels.slice(at, at + 1000).map(({ id, name, colour, hotKey, parent }, place) => ({
      dataset: set,
      id,
      place: at + place,
      name,
      colour: colour === "" ? colourOf(id) : colour.toLowerCase(),
      hot_key: hotKey,
      parent,
    }));
    await trx.insertInto("labels").values(rows).execute();
  }
}

async function refuseUsed(
  trx: Transaction<Schema>,
  set: number,
  left: readonly { id: number; name?: string }[],
): Promise<void> {
  if (left.length === 0) return;
  const used = await trx
    .selectFrom("object_counts")
    .select("label")
    .where("dataset", "=", set)
    .where(
      "label",
      "in",
      left.map(({ id }) => id),
    )
    .groupBy("label")
    .having((count) => count(count.fn.sum("objects"), ">", 0))
    .execute();
  const [first] = used;
  const nameOf = (label: number) => left.find(({ id }) => id === label)?.name ?? "";
  if (first)
    throw notNow(`Objects have the label "${nameOf(first.label)}": give them another one first, or rename it.`);
  const track = await trx
    .selectFrom("tracks")
    .select(["name", "label"])
    .where("dataset", "=", set)
    .where("deleted", "=", false)
    .where(
      "label",
      "in",
      left.map(({ id }) => id),
    )
    .limit(1)
    .executeTakeFirst();
  if (!track) return;
  throw notNow(
    `The track "${track.name}" has the label "${nameOf(track.label)}": give it another one first, or rename it.`,
  );
}

const taken = (name: string) => alreadyExists(`There is a data set "${name}" already; choose another name.`);

function only<T>(all: readonly T[]): T {
  return all[0] as T;
}
