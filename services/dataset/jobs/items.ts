import { type Kysely, sql } from "kysely";
import { JobState } from "../../../proto/index.js";
import type { Schema } from "../database/schema.js";
import { isHeld } from "./job.js";
import { tell } from "./news.js";
import type { Message, Pace, Queue, Task } from "./queue.js";

/** What becomes of an item, as its row says it. */
export const itemStates = { waits: 0, done: 1, failed: 2, sent: 3 } as const;

/** Items of a job that are in the queue at once: jobs take turns, and one that is paused or cancelled has few to take back. */
const mostSent = 128;
/** The item that finds the others out. */
export const planItem = 0n;
/** Of a job that is one piece of work. */
export const wholeItem = 1n;

type Executor = Kysely<Schema>;

const usedUp =
  "Whoever started it has used up the limit of encoded pictures an hour (encodesPerHour); it goes on by itself at ";
/** What it waits for is still to be said, whatever else of it ends meanwhile. */
const unlessHeld = sql<string>`case when ${isHeld} then message else '' end`;

/** States of jobs that have not ended. */
export const openStates = [JobState.WAITING, JobState.RUNNING, JobState.PAUSED];

/** Thrown to undo what was done for a job that has ended meanwhile, or for an item that another process has done. */
export class NotWantedError extends Error {}

/** The rows of jobs and their items, and what of them is in the queue: each step is one transaction's, with whatever else is in that. */
export class Items {
  readonly #queue: Queue;

  constructor(queue: Queue) {
    this.#queue = queue;
  }

  /** A job's first item. */
  async begin(trx: Executor, pace: Pace, task: Task): Promise<void> {
    await trx
      .insertInto("job_items")
      .values({ ...task, state: itemStates.sent })
      .execute();
    await this.#queue.send(trx, pace, [task]);
    await tell(trx, task.job);
  }

  /** Puts as many into the queue as there may be at once. */
  async fill(trx: Executor, job: string): Promise<void> {
    const { sent } = await trx
      .selectFrom("job_items")
      .select(({ fn }) => fn.countAll<bigint>().as("sent"))
      .where("job", "=", job)
      .where("state", "=", itemStates.sent)
      .executeTakeFirstOrThrow();
    await this.#sendNext(trx, job, mostSent - Number(sent));
    await tell(trx, job);
  }

  /** Whose it was, if a process has it. */
  async claim(trx: Executor, { id, pace, job, item }: Message, holder: number): Promise<void> {
    await trx.insertInto("job_claims").values({ message: id, pace, job, item, holder }).execute();
  }

  /**
   * The item is done, and the next may come. @param objects that it has made.
   * @throws NotWantedError when it was done already, or the job has ended.
   */
  async finish(trx: Executor, message: Message, objects: number): Promise<void> {
    const { job, item } = message;
    const ended = await trx
      .updateTable("job_items")
      .set({ state: itemStates.done, objects, reason: "", ended_at: sql<Date>`now()` })
      .where("job", "=", job)
      .where("item", "=", item)
      .where("state", "=", itemStates.sent)
      .executeTakeFirst();
    if (ended.numUpdatedRows === 0n) throw new NotWantedError();
    const counted = item !== planItem && message.pace === "pictures" ? 1 : 0;
    const { numUpdatedRows } = await trx
      .updateTable("jobs")
      .set((eb) => ({
        done: eb("done", "+", BigInt(counted)),
        objects: eb("objects", "+", BigInt(objects)),
        message: unlessHeld,
      }))
      .where("id", "=", job)
      .where("state", "in", openStates)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw new NotWantedError();
    await this.#drop(trx, message);
    await this.#goOn(trx, job);
  }

  /** It is not tried again by itself; people see why. @returns false for one that had ended already. */
  async giveUp(trx: Executor, task: Task, reason: string, file: string): Promise<boolean> {
    const { job, item } = task;
    const { numUpdatedRows } = await trx
      .updateTable("job_items")
      .set({ state: itemStates.failed, reason, ended_at: sql<Date>`now()` })
      .where("job", "=", job)
      .where("item", "=", item)
      .where("state", "=", itemStates.sent)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    const isPart = await isPartOfJob(trx, task);
    if (isPart) {
      await trx.insertInto("job_problems").values({ job, item, file, reason, picture: item }).execute();
      await trx
        .updateTable("jobs")
        .set((eb) => ({ failed: eb("failed", "+", 1n), message: unlessHeld }))
        .where("id", "=", job)
        .where("state", "in", openStates)
        .execute();
      await this.#goOn(trx, job);
      return true;
    }
    await trx
      .updateTable("jobs")
      .set({ state: JobState.FAILED, message: reason, ended_at: sql<Date>`now()` })
      .where("id", "=", job)
      .where("state", "in", openStates)
      .execute();
    await tell(trx, job);
    return true;
  }

  /** Its process is stopping, or the job is paused: another takes it up, and this was no try. */
  async putBack(trx: Executor, message: Message): Promise<void> {
    const { job, item } = message;
    await trx
      .updateTable("job_items")
      .set({ state: itemStates.waits })
      .where("job", "=", job)
      .where("item", "=", item)
      .where("state", "=", itemStates.sent)
      .execute();
    await this.#drop(trx, message);
    await this.#sendNext(trx, job, 1);
    await tell(trx, job);
  }

  /** A limit of whoever started the job is used up: it and all others of the job wait, and this was no try. */
  async hold(trx: Executor, message: Message, waitMs: number): Promise<void> {
    const until = sql<Date>`now() + make_interval(secs => ${waitMs / 1000}::float8)`;
    const at = sql<string>`to_char((${until}) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')`;
    await trx
      .updateTable("jobs")
      .set({ held_until: until, message: sql<string>`${usedUp}::text || ${at} || ' UTC.'` })
      .where("id", "=", message.job)
      .where("state", "in", openStates)
      .execute();
    await this.putBack(trx, message);
  }

  /** Goes on with jobs whose wait is over. */
  async goOnWithHeld(trx: Executor): Promise<void> {
    const over = await trx
      .updateTable("jobs")
      .set({ held_until: null, message: "" })
      .where("held_until", "<=", sql<Date>`now()`)
      .where("state", "in", openStates)
      .returning("id")
      .execute();
    for (const { id } of over) await this.fill(trx, id);
  }

  /** It comes again after a while, or is dead. */
  async failed(trx: Executor, message: Message, reason: string): Promise<void> {
    await trx
      .updateTable("job_items")
      .set((eb) => ({ attempts: eb("attempts", "+", 1), reason }))
      .where("job", "=", message.job)
      .where("item", "=", message.item)
      .execute();
    await trx.deleteFrom("job_claims").where("message", "=", message.id).execute();
    await this.#queue.fail(trx, message, reason);
    await tell(trx, message.job);
  }

  /** Of a job that has ended, or an item that is done. */
  async drop(trx: Executor, message: Message): Promise<void> {
    await this.#drop(trx, message);
  }

  async #drop(trx: Executor, message: Message): Promise<void> {
    await trx.deleteFrom("job_claims").where("message", "=", message.id).execute();
    await this.#queue.complete(trx, message);
  }

  /** The next of its items, or its end. */
  async #goOn(trx: Executor, job: string): Promise<void> {
    if ((await this.#sendNext(trx, job, 1)) === 0) await endIfDone(trx, job);
    await tell(trx, job);
  }

  async #sendNext(trx: Executor, job: string, count: number): Promise<number> {
    if (count <= 0) return 0;
    const next = await trx
      .with("next", (qb) =>
        qb
          .selectFrom("job_items")
          .innerJoin("jobs", "jobs.id", "job_items.job")
          .select(["job_items.job", "job_items.item"])
          .where("job_items.job", "=", job)
          .where("job_items.state", "=", itemStates.waits)
          .where("jobs.state", "in", [JobState.WAITING, JobState.RUNNING])
          .where(isHeld, "=", false)
          .orderBy("job_items.item")
          .limit(count)
          .forUpdate("job_items")
          .skipLocked(),
      )
      .updateTable("job_items")
      .from("next")
      .set({ state: itemStates.sent })
      .whereRef("job_items.job", "=", "next.job")
      .whereRef("job_items.item", "=", "next.item")
      .returning(["job_items.job", "job_items.item"])
      .execute();
    await this.#queue.send(trx, await paceOf(trx, job), next);
    return next.length;
  }
}

/** A picture of several, of which the others go on. */
async function isPartOfJob(trx: Executor, { job, item }: Task): Promise<boolean> {
  return item !== planItem && (await paceOf(trx, job)) === "pictures";
}

async function paceOf(trx: Executor, job: string): Promise<Pace> {
  const row = await trx.selectFrom("jobs").select("pace").where("id", "=", job).executeTakeFirst();
  return row?.pace === "whole" ? "whole" : "pictures";
}

/** When all of its items are known, and none is left. */
async function endIfDone(trx: Executor, job: string): Promise<void> {
  await trx
    .updateTable("jobs")
    .set({
      state: sql<number>`case when exists (select from job_problems where job_problems.job = jobs.id) then ${JobState.DONE_WITH_PROBLEMS}::int else ${JobState.DONE}::int end`,
      ended_at: sql<Date>`now()`,
      message: "",
    })
    .where("id", "=", job)
    .where("planned", "=", true)
    .where("state", "in", openStates)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("job_items")
            .select("item")
            .where("job", "=", job)
            .where("state", "in", [itemStates.waits, itemStates.sent]),
        ),
      ),
    )
    .execute();
}
