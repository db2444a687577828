import type { Transaction } from "kysely";
import type { JobWork, PictureFilter } from "../../../proto/index.js";
import type { Schema } from "../database/schema.js";
import type { EngineCall } from "./engine.js";
import type { Job } from "./job.js";
import type { Pace } from "./queue.js";

/** One item of a job, to be done. */
export interface Assignment {
  readonly job: Job;
  /** A picture's id where the job is about pictures. */
  readonly item: bigint;
  /** How others are asked for it. Its signal aborts when it is not wanted any more here. */
  readonly call: EngineCall;
}

/** Writes what was made, in the transaction in which the item ends. @returns how many objects it has made. */
export type Finish = (trx: Transaction<Schema>) => Promise<number>;

/** A kind of work. */
export interface Work {
  readonly pace: Pace;
  /** Before it is begun. @throws ServiceError INVALID_ARGUMENT, PERMISSION_DENIED for what cannot be done. */
  check?(work: JobWork): void;
  /** Which pictures its items are; undefined for one that is a whole. */
  filter(job: Job): PictureFilter | undefined;
  /**
   * Does it, as often as it is asked: until `Finish` has written, nobody sees anything of it. What it writes before it writes so that
   * a second time changes nothing.
   * @throws ServiceError UNAVAILABLE and the like: it is tried again; others: it is given up, and people see why.
   */
  do(assignment: Assignment): Promise<Finish>;
  /**
   * What was kept for it alone is not needed any more: it is done, or nobody wants what it would have made, since it is cancelled or its
   * data set deleted. May be called while somebody is at it still.
   */
  tidy?(job: Job, isWanted: boolean): Promise<void>;
}
