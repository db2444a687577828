import { setTimeout as sleep } from "node:timers/promises";
import { type DatasetJob, JobState } from "../../../../proto/index.js";
import { CommandError } from "../command-error.js";
import type { Notices } from "../notices.js";
import { progressBar } from "../progress-bar.js";
import { type DatasetClient, RefusedError } from "./dataset-client.js";

/** A gateway that is started again is back by then. */
const mostTries = 30;
const pauseMs = 1000;

const ended = [JobState.DONE, JobState.DONE_WITH_PROBLEMS, JobState.CANCELLED, JobState.FAILED];
export const hasEnded = ({ state }: DatasetJob) => ended.includes(state);

/** Follows a job until it has ended, however often the gateway is lost meanwhile: the job goes on. @throws CommandError when it stays lost. */
export async function waitForJob(
  client: DatasetClient,
  dataset: string,
  job: DatasetJob,
  notices: Notices,
): Promise<DatasetJob> {
  let now = job;
  for (let left = mostTries; !hasEnded(now); left--) {
    try {
      for await (const one of client.watch(dataset, job.id)) {
        now = one;
        left = mostTries;
        notices.progress(describeProgress(now));
      }
    } catch (error) {
      const mayHelp = !(error instanceof RefusedError) || error.retryAfterMs !== undefined;
      if (!mayHelp || left <= 1) throw error;
      await sleep(pauseMs);
    }
  }
  notices.clear();
  return now;
}

export function describeProgress({
  state,
  total,
  done,
  failed,
  objects,
  secondsLeft,
  heldUntil,
  message,
}: DatasetJob): string {
  if (state === JobState.PAUSED) return "paused";
  if (total === 0n) return message || "waiting for its turn";
  const tried = Number(done + failed);
  if (heldUntil) return `${tried} of ${total}, ${objects} objects. ${message}`;
  const left = secondsLeft === undefined ? "" : `, about ${timeOf(secondsLeft)} left`;
  return `${progressBar(Math.min(1, tried / Number(total)))}, ${tried} of ${total}, ${objects} objects${left}`;
}

/** @throws CommandError unless the job is done, and all of it. */
export function checkDone(dataset: string, { id, state, failed, message }: DatasetJob): void {
  if (state === JobState.DONE) return;
  const look = `maskwire dataset job ${dataset} ${id} --problems`;
  if (state === JobState.DONE_WITH_PROBLEMS)
    throw new CommandError(`It is done but for ${failed}; why is told by: ${look}`);
  throw new CommandError(state === JobState.CANCELLED ? "It was cancelled." : `It failed: ${message || `see ${look}`}`);
}

function timeOf(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
