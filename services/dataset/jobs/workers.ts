import { setTimeout as pause } from "node:timers/promises";
import type { Transaction } from "kysely";
import { JobState, type JobWork } from "../../../proto/index.js";
import type { Quota } from "../../runtime/callers/quota.js";
import { ServiceError } from "../../runtime/errors.js";
import type { Logger } from "../../runtime/logger.js";
import type { Database } from "../database/database.js";
import type { Schema } from "../database/schema.js";
import { claimedBy, missingHolders, takeClaims } from "./claims.js";
import { isDatabaseLost, isElsewhere, isPassing, reasonOf } from "./fate.js";
import { type Items, itemStates, NotWantedError, openStates, planItem } from "./items.js";
import { type Job, now, pictureName, readJob } from "./job.js";
import { LimitMetError, takeEncodeFor } from "./job-limits.js";
import { News, tell } from "./news.js";
import type { Plan } from "./plan.js";
import type { Message, Pace, Queue, Task } from "./queue.js";
import type { Finish, Work } from "./work.js";

type Trx = Transaction<Schema>;
export type Works = Record<NonNullable<JobWork["work"]["case"]>, Work>;

export interface WorkerTimes {
  /** Between two looks for what nobody tells of: a message that may be tried again, a process that has ended. */
  readonly lookMs: number;
  /** Between two tries of what waits for something else. */
  readonly waitMs: number;
  /** How long that is waited for before it counts as a try. */
  readonly mostWaitMs: number;
}

const usualTimes: WorkerTimes = { lookMs: 5000, waitMs: 2000, mostWaitMs: 600_000 };

interface WorkersOptions {
  readonly database: Database;
  readonly queue: Queue;
  readonly items: Items;
  readonly plan: Plan;
  readonly works: Works;
  /** Items that this process does at once. */
  readonly atOnce: Readonly<Record<Pace, number>>;
  /** Counts what whoever started a job may have encoded. */
  readonly quota: Quota;
  readonly logger: Logger;
  /** Something of a job has changed; undefined: of any of them. */
  readonly onNews: (job: string | undefined) => void;
  readonly onItem: OnItem;
  readonly times?: WorkerTimes;
}

/** What a try of an item came to: it is done, it failed for good and people see why, or it is to be tried again. */
export const itemOutcomes = ["done", "failed", "retried"] as const;
type ItemOutcome = (typeof itemOutcomes)[number];
/** Once it is written. @param kind of the job; undefined where that is gone with its data set. */
export type OnItem = (kind: keyof Works | undefined, outcome: ItemOutcome) => void;

/** Why a run is given up. */
type Reason = "ended" | "paused" | "stopping";
class GivenUp extends Error {
  readonly reason: Reason;
  constructor(reason: Reason) {
    super(reason);
    this.reason = reason;
  }
}

/** What this process has under way. */
interface Run {
  readonly message: Message;
  readonly aborter: AbortController;
  readonly over: Promise<void>;
}

/** Takes messages, does their work and writes what came of it, so many at once. */
export class Workers {
  readonly #options: WorkersOptions;
  readonly #times: WorkerTimes;
  readonly #news: News;
  readonly #runs = new Set<Run>();
  /** Who was missing at the last look. */
  #missing = new Set<number>();
  /** What was claimed at the last look, and not worked on. */
  #idle = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #sweeping: Promise<void> | undefined;
  #isStale = false;
  readonly #stopping = new AbortController();

  constructor(options: WorkersOptions) {
    this.#options = options;
    this.#times = options.times ?? usualTimes;
    const events = { onJob: (job: string) => this.#hear(job), onGap: () => this.#hear(undefined) };
    this.#news = new News(options.database.url, events, options.logger);
  }

  async start(): Promise<void> {
    await this.#news.open();
    this.#timer = setInterval(() => {
      // One at a time: two that overlap would be twice in no time.
      this.#sweeping ??= this.#sweep().finally(() => {
        this.#sweeping = undefined;
      });
      this.#look();
    }, this.#times.lookMs).unref();
    this.#look();
  }

  /** Gives back what is under way: others go on with it, or this process when it runs again. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort(new GivenUp("stopping"));
    await Promise.all([this.#looking, this.#sweeping]);
    await Promise.all([...this.#runs].map(({ over }) => over));
    await this.#news.close();
  }

  #hear(job: string | undefined): void {
    this.#options.onNews(job);
    for (const run of this.#runs) if (job === undefined || run.message.job === job) void this.#checkWanted(run);
    this.#look();
  }

  /** Looks for work until there is none or no room; once more when something happens meanwhile. */
  #look(): void {
    this.#isStale = true;
    this.#looking ??= this.#lookOn().finally(() => {
      this.#looking = undefined;
    });
  }

  async #lookOn(): Promise<void> {
    const { database, items, logger } = this.#options;
    while (this.#isStale && !this.#stopping.signal.aborted) {
      this.#isStale = false;
      try {
        await this.#buryDead();
        await database.transaction((trx) => items.goOnWithHeld(trx));
        for (const pace of ["pictures", "whole"] as const) {
          while (this.#hasRoom(pace) && !this.#stopping.signal.aborted && (await this.#takeOne(pace)));
        }
      } catch (err) {
        // The next look comes by itself.
        if (!isDatabaseLost(err)) logger.error({ err }, "jobs could not be looked for");
      }
    }
  }

  #hasRoom(pace: Pace): boolean {
    const running = [...this.#runs].filter(({ message }) => message.pace === pace).length;
    return running < this.#options.atOnce[pace];
  }

  /** @returns whether there was one; whatever became of it, there may be another. */
  async #takeOne(pace: Pace): Promise<boolean> {
    const { database, queue, items } = this.#options;
    const taken = await database.transaction(async (trx) => {
      const message = await queue.take(trx, pace);
      if (!message) return undefined;
      const job = await readJob(trx, message.job);
      if (!job || !openStates.includes(job.state) || !(await isSent(trx, message))) {
        await items.drop(trx, message);
        return { message, job: undefined };
      }
      if (job.state === JobState.PAUSED || job.isHeld) {
        await items.putBack(trx, message);
        return { message, job: undefined };
      }
      await items.claim(trx, message, this.#news.holder);
      if (job.state === JobState.WAITING) await begin(trx, job.id);
      return { message, job };
    });
    if (taken?.job) this.#begin(taken.message, taken.job);
    return taken !== undefined;
  }

  #begin(message: Message, job: Job): void {
    const aborter = new AbortController();
    const signal = AbortSignal.any([aborter.signal, this.#stopping.signal]);
    const over = this.#run(message, job, signal).catch((err: unknown) => {
      this.#options.logger.error({ err, job: job.id }, "a job's item was left; it will be found by its claim");
    });
    const run = { message, aborter, over: over.then(() => void this.#runs.delete(run)) };
    this.#runs.add(run);
    void run.over.then(() => this.#look());
  }

  async #run(message: Message, job: Job, signal: AbortSignal): Promise<void> {
    const { database, items, logger, onItem } = this.#options;
    const { case: kind } = job.work.work;
    try {
      const finish = await this.#do(message, job, signal);
      await this.#untilWritten(async (trx) => items.finish(trx, message, await finish(trx)));
      onItem(kind, "done");
      await this.#tidy(job, true);
    } catch (error) {
      const given = signal.aborted ? signal.reason : error;
      if (given instanceof NotWantedError) {
        await this.#untilWritten((trx) => items.drop(trx, message));
        return this.#tidyUnwanted(job);
      }
      if (given instanceof GivenUp) {
        const isEnded = given.reason === "ended";
        await database.transaction((trx) => (isEnded ? items.drop(trx, message) : items.putBack(trx, message)));
        return isEnded ? this.#tidyUnwanted(job) : undefined;
      }
      if (error instanceof LimitMetError) {
        const { waitMs } = error;
        return this.#untilWritten((trx) => items.hold(trx, message, waitMs));
      }
      const reason = reasonOf(error);
      if (!(error instanceof ServiceError)) logger.error({ err: error, job: job.id }, "a job's item failed");
      if (isPassing(error)) {
        await this.#untilWritten((trx) => items.failed(trx, message, reason));
        return onItem(kind, "retried");
      }
      const isGivenUp = await this.#untilWritten(async (trx) => {
        const wasOpen = await items.giveUp(trx, message, reason, await fileOf(trx, message));
        await items.drop(trx, message);
        return wasOpen;
      });
      if (isGivenUp) onItem(kind, "failed");
    }
  }

  /** Waits for what all items need: it is no fault of this one. */
  async #do(message: Message, job: Job, signal: AbortSignal): Promise<Finish> {
    const { works, plan, quota } = this.#options;
    const { case: kind } = job.work.work;
    const call = { tenant: job.tenant, signal, takeEncode: () => takeEncodeFor(job, quota) };
    const work = kind && works[kind];
    if (!work) throw new Error(`a job of a kind that is not known: ${job.id}`);
    const { waitMs, mostWaitMs } = this.#times;
    for (let waitedMs = 0; ; waitedMs += waitMs) {
      try {
        signal.throwIfAborted();
        if (message.item === planItem) return await plan.do(job, work.filter(job), signal);
        return await work.do({ job, item: message.item, call });
      } catch (error) {
        if (signal.aborted || !isElsewhere(error) || waitedMs >= mostWaitMs) throw error;
        await this.#tellOfWait(job, reasonOf(error));
        await pause(waitMs, undefined, { signal });
      }
    }
  }

  /** Unless another process has done it, whose it is. */
  async #tidyUnwanted(job: Job): Promise<void> {
    const { state } = (await readJob(this.#options.database.db, job.id)) ?? {};
    if (state === undefined || state === JobState.CANCELLED) await this.#tidy(job, false);
  }

  /** What stays goes with its data set. */
  async #tidy(job: Job, isWanted: boolean): Promise<void> {
    const { works, logger } = this.#options;
    const { case: kind } = job.work.work;
    await (kind && works[kind]?.tidy?.(job, isWanted))?.catch((err: unknown) => {
      logger.warn({ err, job: job.id }, "what was kept for a job could not be deleted");
    });
  }

  /** People see what a job waits for; while the database is lost nobody can be told. */
  async #tellOfWait({ id }: Job, message: string): Promise<void> {
    const { database } = this.#options;
    await database
      .transaction(async (trx) => {
        await trx.updateTable("jobs").set({ message }).where("id", "=", id).where("message", "<>", message).execute();
        await tell(trx, id);
      })
      .catch((error: unknown) => {
        if (!isDatabaseLost(error)) throw error;
      });
  }

  /** Work that is done is not thrown away because the database is gone for a while. */
  async #untilWritten<T>(write: (trx: Trx) => Promise<T>): Promise<T> {
    const { database } = this.#options;
    for (;;) {
      try {
        return await database.transaction(write);
      } catch (error) {
        if (!isDatabaseLost(error)) throw error;
        await pause(this.#times.waitMs, undefined, { signal: this.#stopping.signal });
      }
    }
  }

  async #checkWanted({ message, aborter }: Run): Promise<void> {
    const { database, logger } = this.#options;
    try {
      const job = await readJob(database.db, message.job);
      if (!job || !openStates.includes(job.state)) aborter.abort(new GivenUp("ended"));
      // A picture is soon done; a whole set is not.
      else if (job.state === JobState.PAUSED && message.pace === "whole") aborter.abort(new GivenUp("paused"));
    } catch (err) {
      // What it writes at its end finds out, too.
      if (!isDatabaseLost(err))
        logger.warn({ err, job: message.job }, "whether a job is still wanted could not be asked");
    }
  }

  /** Messages that were tried as often as they may be. */
  async #buryDead(): Promise<void> {
    const { database, queue, items, onItem } = this.#options;
    while (!this.#stopping.signal.aborted) {
      const buried = await database.transaction(async (trx) => {
        const message = await queue.takeDead(trx);
        if (!message) return undefined;
        const reason = message.reason || "It was tried several times and did not come to an end.";
        const wasOpen = await items.giveUp(trx, message, reason, await fileOf(trx, message));
        await queue.bury(trx, message);
        return { kind: await kindOf(trx, message), wasOpen };
      });
      if (!buried) return;
      if (buried.wasOpen) onItem(buried.kind, "failed");
    }
  }

  /**
   * Puts back what processes had that have ended, and what this one has claimed and is not at, since the answer to its claim was lost or
   * what became of it could not be written: twice missed, since one may just have lost its connection, or be about to begin.
   */
  async #sweep(): Promise<void> {
    const { database, items, logger, onItem } = this.#options;
    try {
      const missing = await missingHolders(database.db);
      const gone = missing.filter((one) => this.#missing.has(one));
      this.#missing = new Set(missing);
      const claimed = await claimedBy(database.db, this.#news.holder);
      // Known after that: what has begun meanwhile is not idle.
      const running = new Set([...this.#runs].map(({ message }) => message.id));
      const idle = claimed.filter((id) => !running.has(id));
      const lost = idle.filter((id) => this.#idle.has(id));
      this.#idle = new Set(idle);
      if (gone.length + lost.length === 0) return;
      const kinds = await database.transaction(async (trx) => {
        const left: Awaited<ReturnType<typeof kindOf>>[] = [];
        for (const message of await takeClaims(trx, { holders: gone, messages: lost })) {
          await items.failed(trx, message, "The process that was at it ended, or lost it.");
          left.push(await kindOf(trx, message));
        }
        return left;
      });
      for (const kind of kinds) onItem(kind, "retried");
    } catch (err) {
      if (!isDatabaseLost(err)) logger.error({ err }, "claims of processes that ended could not be looked for");
    }
  }
}

async function isSent(trx: Trx, { job, item }: Message): Promise<boolean> {
  const row = await trx
    .selectFrom("job_items")
    .select("state")
    .where("job", "=", job)
    .where("item", "=", item)
    .executeTakeFirst();
  return row?.state === itemStates.sent;
}

async function begin(trx: Trx, job: string): Promise<void> {
  await trx
    .updateTable("jobs")
    .set({ state: JobState.RUNNING, started_at: now })
    .where("id", "=", job)
    .where("state", "=", JobState.WAITING)
    .execute();
  await tell(trx, job);
}

/** Of the job that it is of. */
const kindOf = async (trx: Trx, { job }: Task) => (await readJob(trx, job))?.work.work.case;

/** What a problem is about, as people know it. */
const fileOf = (trx: Trx, { item }: { item: bigint }) => (item === planItem ? "" : pictureName(trx, item));
