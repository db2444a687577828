import { randomUUID } from "node:crypto";
import { create, toJson } from "@bufbuild/protobuf";
import { sql, type Transaction } from "kysely";
import {
  type ControlJobRequest,
  type DatasetJob,
  type GetJobRequest,
  JobControl,
  type JobProblem,
  JobProblemSchema,
  JobState,
  JobWorkSchema,
  type ListJobProblemsRequest,
  type ListJobsRequest,
  StarterLimitsSchema,
  type StartJobRequest,
} from "../../../proto/index.js";
import { invalidArgument, isNotFound } from "../../runtime/errors.js";
import { restFor } from "../../runtime/waits.js";
import type { Database } from "../database/database.js";
import type { Schema } from "../database/schema.js";
import { notFound, notNow } from "../faults.js";
import { anyText, cutPage, pageSize, pageToken, readPageToken, wholeNumber } from "../pages.js";
import { findSet, isUuid } from "../sets/find-set.js";
import type { Who } from "../who.js";
import { describeJobs } from "./describe-jobs.js";
import { type Items, itemStates, openStates, planItem, wholeItem } from "./items.js";
import { now, readJob } from "./job.js";
import { tell } from "./news.js";
import type { Watched } from "./watched.js";
import type { Works } from "./workers.js";

interface JobsOptions {
  readonly database: Database;
  readonly items: Items;
  readonly works: Works;
  readonly watched: Watched;
}

const mostKeyLength = 64;
/** People read no faster. */
const watchMs = 250;

/** Jobs as people start, see and steer them. */
export class Jobs {
  readonly #options: JobsOptions;

  constructor(options: JobsOptions) {
    this.#options = options;
  }

  /**
   * @throws ServiceError NOT_FOUND, INVALID_ARGUMENT.
   */
  async start(
    who: Who,
    request: StartJobRequest,
    { id = randomUUID() as string, fileName = "" } = {},
  ): Promise<DatasetJob> {
    const { database, items, works } = this.#options;
    const { work } = request.work ?? create(JobWorkSchema);
    const kind = work.case && works[work.case];
    if (!kind) throw invalidArgument("work must say what is to be done.");
    if (request.key.length > mostKeyLength) throw invalidArgument(`key has at most ${mostKeyLength} characters.`);
    const { pace } = kind;
    if (!fileName && work.case === "import" && work.value.source.case === "fileName") {
      throw invalidArgument("A file comes with its import: send it by UploadImport.");
    }
    kind.check?.(create(JobWorkSchema, { work }));
    const started = await database.transaction(async (trx) => {
      const { key: dataset } = await findSet(trx, who, request.dataset);
      const known = await this.#byKey(trx, dataset, request.key);
      if (known !== undefined) return known;
      const row = {
        id,
        dataset,
        work: JSON.stringify(toJson(JobWorkSchema, create(JobWorkSchema, { work }))),
        state: JobState.WAITING,
        created_by: who.person,
        file_name: fileName,
        key: request.key || null,
        pace,
        planned: pace === "whole",
        limits: JSON.stringify(toJson(StarterLimitsSchema, request.limits ?? create(StarterLimitsSchema))),
      };
      const { numInsertedOrUpdatedRows: made } = await trx
        .insertInto("jobs")
        .values(row)
        .onConflict((same) => same.columns(["dataset", "key"]).where("key", "is not", null).doNothing())
        .executeTakeFirstOrThrow();
      // Somebody starts the same one at this moment, and was first.
      if (made === 0n) return (await this.#byKey(trx, dataset, request.key)) ?? id;
      // From here on its file is the job's.
      if (fileName) await trx.deleteFrom("arriving_files").where("job", "=", id).execute();
      await items.begin(trx, pace, { job: id, item: pace === "whole" ? wholeItem : planItem });
      return id;
    });
    return this.#describe(started);
  }

  /** @throws ServiceError NOT_FOUND. */
  async get(who: Who, { dataset, job }: Pick<GetJobRequest, "dataset" | "job">): Promise<DatasetJob> {
    return this.#describe(await this.find(who, { dataset, job }));
  }

  /** The job's id, when it is one of that data set. @throws ServiceError NOT_FOUND. */
  async find(who: Who, { dataset, job }: { dataset: string; job: string }): Promise<string> {
    const { db } = this.#options.database;
    const { key } = await findSet(db, who, dataset);
    if (isUuid(job)) {
      const row = await db
        .selectFrom("jobs")
        .select("id")
        .where("id", "=", job)
        .where("dataset", "=", key)
        .executeTakeFirst();
      if (row) return row.id;
    }
    throw noJob();
  }

  async list(
    who: Who,
    request: Pick<ListJobsRequest, "dataset" | "pageSize" | "page">,
  ): Promise<{ jobs: DatasetJob[]; nextPage: string }> {
    const { db } = this.#options.database;
    const { key } = await findSet(db, who, request.dataset);
    const size = pageSize(request.pageSize, 100, 500);
    const [at, id] = readPageToken(request.page, [wholeNumber, anyText]) ?? [];
    const rows = await db
      .selectFrom("jobs")
      .select(["id", sql<string>`(extract(epoch from created_at) * 1000000)::bigint::text`.as("at")])
      .where("dataset", "=", key)
      .$if(id !== undefined, (all) =>
        all.where(
          sql<boolean>`(created_at, id) < (to_timestamp(0) + ${at}::bigint * interval '1 microsecond', ${id}::uuid)`,
        ),
      )
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .limit(size + 1)
      .execute();
    const { page, nextPage } = cutPage(rows, size, (last) => pageToken([last.at, last.id]));
    const ids = page.map((one) => one.id);
    return { jobs: await describeJobs(db, ids), nextPage };
  }

  /** What it is at now, then whenever that has changed, until it has ended. @throws ServiceError NOT_FOUND. */
  async *watch(
    who: Who,
    request: Pick<GetJobRequest, "dataset" | "job">,
    signal: AbortSignal,
  ): AsyncGenerator<DatasetJob> {
    const id = await this.find(who, request);
    let shown = "";
    for await (const _ of this.#options.watched.turns(id, signal)) {
      const job = await this.#describe(id).catch((error: unknown) => {
        // Deleted with its data set while somebody watched.
        if (isNotFound(error) && shown) return undefined;
        throw error;
      });
      if (!job) return;
      const { perMinute, secondsLeft, ...rest } = job;
      const told = JSON.stringify(rest, (_key, value) => (typeof value === "bigint" ? String(value) : value));
      if (told === shown) continue;
      shown = told;
      yield job;
      if (!openStates.includes(job.state)) return;
      await restFor(watchMs, signal);
    }
  }

  /** @throws ServiceError NOT_FOUND, INVALID_ARGUMENT; FAILED_PRECONDITION when it has ended. */
  async control(who: Who, request: Pick<ControlJobRequest, "dataset" | "job" | "control">): Promise<DatasetJob> {
    const { database } = this.#options;
    const id = await this.find(who, request);
    await database.transaction(async (trx) => {
      const { state } = await trx
        .selectFrom("jobs")
        .select("state")
        .where("id", "=", id)
        .forNoKeyUpdate()
        .executeTakeFirstOrThrow();
      await this.#steer(trx, { id, state }, request.control);
      await tell(trx, id);
    });
    if (request.control === JobControl.CANCEL) await this.#tidy(id);
    return this.#describe(id);
  }

  async problems(
    who: Who,
    request: Pick<ListJobProblemsRequest, "dataset" | "job" | "pageSize" | "page">,
  ): Promise<{ problems: JobProblem[]; nextPage: string }> {
    const { db } = this.#options.database;
    const id = await this.find(who, request);
    const size = pageSize(request.pageSize, 100, 500);
    const [after = "0"] = readPageToken(request.page, [wholeNumber]) ?? [];
    const rows = await db
      .selectFrom("job_problems")
      .selectAll()
      .where("job", "=", id)
      .where("id", ">", BigInt(after))
      .orderBy("id")
      .limit(size + 1)
      .execute();
    const { page, nextPage } = cutPage(rows, size, (last) => pageToken([last.id]));
    const problems = page.map(({ file, line, reason, picture }) =>
      create(JobProblemSchema, { file, line, reason, picture: picture ?? 0n }),
    );
    return { problems, nextPage };
  }

  async #steer(trx: Transaction<Schema>, { id, state }: { id: string; state: JobState }, control: JobControl) {
    const { items } = this.#options;
    const isOpen = openStates.includes(state);
    switch (control) {
      case JobControl.PAUSE:
        if (!isOpen) throw hasEnded();
        return setState(trx, id, JobState.PAUSED);
      case JobControl.RESUME:
        if (!isOpen) throw hasEnded();
        await setState(trx, id, state === JobState.PAUSED ? JobState.RUNNING : state);
        return items.fill(trx, id);
      case JobControl.CANCEL:
        if (!isOpen) throw hasEnded();
        await trx
          .updateTable("jobs")
          .set({ state: JobState.CANCELLED, ended_at: now, message: "" })
          .where("id", "=", id)
          .execute();
        await trx
          .deleteFrom("job_items")
          .where("job", "=", id)
          .where("state", "in", [itemStates.waits, itemStates.sent])
          .execute();
        return;
      case JobControl.RETRY_FAILED:
        if (state === JobState.CANCELLED || state === JobState.DONE) throw hasEnded();
        return this.#retryFailed(trx, id, state);
      default:
        throw invalidArgument("control must say what is to become of the job.");
    }
  }

  /** Of one that is cancelled, which nobody may be at. What cannot be deleted now goes with its data set. */
  async #tidy(id: string): Promise<void> {
    const { database, works } = this.#options;
    const job = await readJob(database.db, id);
    const { case: kind } = job?.work.work ?? {};
    if (job && kind) await works[kind].tidy?.(job, false).catch(() => {});
  }

  /** Also of a job that has ended so: that is when people see what has failed. */
  async #retryFailed(trx: Transaction<Schema>, id: string, state: JobState): Promise<void> {
    const { numUpdatedRows } = await trx
      .updateTable("job_items")
      .set({ state: itemStates.waits, attempts: 0, reason: "", ended_at: null })
      .where("job", "=", id)
      .where("state", "=", itemStates.failed)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return;
    await trx.deleteFrom("job_problems").where("job", "=", id).where("item", ">", planItem).execute();
    await trx
      .updateTable("jobs")
      .set({ state: state === JobState.PAUSED ? state : JobState.RUNNING, failed: 0n, ended_at: null, message: "" })
      .where("id", "=", id)
      .execute();
    await this.#options.items.fill(trx, id);
  }

  async #byKey(trx: Transaction<Schema>, dataset: number, key: string): Promise<string | undefined> {
    if (key === "") return undefined;
    const row = await trx
      .selectFrom("jobs")
      .select("id")
      .where("dataset", "=", dataset)
      .where("key", "=", key)
      .executeTakeFirst();
    return row?.id;
  }

  async #describe(id: string): Promise<DatasetJob> {
    const [job] = await describeJobs(this.#options.database.db, [id]);
    if (job) return job;
    throw noJob();
  }
}

const noJob = () => notFound("There is no such job in this data set.");

async function setState(trx: Transaction<Schema>, id: string, state: JobState): Promise<void> {
  await trx.updateTable("jobs").set({ state }).where("id", "=", id).execute();
}

const hasEnded = () => notNow("The job has ended; start another.");
