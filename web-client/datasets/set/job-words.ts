import { type DatasetJob, JobState } from "../../../proto/index.js";
import { rounded } from "../parts/numbers.js";
import { words } from "../words/words.js";

const { jobs } = words;

const states = new Map<JobState, string>([
  [JobState.WAITING, jobs.states.waiting],
  [JobState.RUNNING, jobs.states.running],
  [JobState.PAUSED, jobs.states.paused],
  [JobState.DONE, jobs.states.done],
  [JobState.DONE_WITH_PROBLEMS, jobs.states.problems],
  [JobState.CANCELLED, jobs.states.cancelled],
  [JobState.FAILED, jobs.states.failed],
]);

export const nameOfJob = ({ work }: DatasetJob) => jobs[work?.work.case ?? "import"];
export const nameOfJobState = ({ state }: DatasetJob) => states.get(state) ?? "";

/** It may still change by itself or by somebody's word. */
export const isUnderWay = ({ state }: DatasetJob) =>
  state === JobState.WAITING || state === JobState.RUNNING || state === JobState.PAUSED;

/** How far it is and how long it may take, in one line. */
export function lineOf(job: DatasetJob): string {
  const { total, done, failed, objects, perMinute, secondsLeft } = job;
  const parts = total > 0n ? [jobs.progress(Number(done), Number(total))] : [];
  if (objects > 0n) parts.push(jobs.made(Number(objects)));
  if (failed > 0n) parts.push(jobs.failed(Number(failed)));
  if (job.state === JobState.RUNNING) {
    if (perMinute > 0) parts.push(jobs.perMinute(rounded(perMinute, perMinute < 10 ? 1 : 0)));
    if (secondsLeft !== undefined) parts.push(jobs.left(timeOf(secondsLeft)));
  }
  return parts.join(" · ");
}

function timeOf(seconds: number): string {
  if (seconds < 90) return jobs.seconds(Math.max(1, Math.round(seconds)));
  if (seconds < 90 * 60) return jobs.minutes(Math.round(seconds / 60));
  return jobs.hours(Math.round(seconds / 3600));
}
