import { useState } from "preact/hooks";
import { type DatasetJob, JobControl, JobState } from "../../../proto/index.js";
import { currentBearer } from "../../access/bearer.js";
import { download } from "../../panel/download.js";
import type { DatasetService } from "../net/service.js";
import { dayOf } from "../parts/numbers.js";
import { ProblemNote } from "../parts/problem-note.js";
import { useDoing } from "../parts/use-doing.js";
import { useLoaded } from "../parts/use-loaded.js";
import { words } from "../words/words.js";
import { isUnderWay, lineOf, nameOfJob, nameOfJobState } from "./job-words.js";

interface JobsCardProps {
  readonly service: DatasetService;
  readonly jobs: readonly DatasetJob[];
  readonly problem: Error | undefined;
  readonly onChanged: () => void;
}

/** Work over many pictures: how far it is, and what can be done about it. */
export function JobsCard({ service, jobs, problem, onChanged }: JobsCardProps) {
  return (
    <section class="card" aria-labelledby="jobs-title">
      <h2 id="jobs-title">{words.jobs.title}</h2>
      <ProblemNote problem={problem} onRetry={onChanged} />
      {jobs.length === 0 && <p class="quiet">{words.jobs.none}</p>}
      <ul class="jobs" id="jobs">
        {jobs.map((job) => (
          <li key={job.id} data-state={JobState[job.state]}>
            <JobRow service={service} job={job} onChanged={onChanged} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function JobRow({ service, job, onChanged }: { service: DatasetService; job: DatasetJob; onChanged: () => void }) {
  const { isBusy, problem, attempt } = useDoing();
  const [isOpen, setOpen] = useState(false);
  const control = (value: JobControl) =>
    attempt(async () => {
      await service.controlJob(job.id, { control: value });
      onChanged();
    });
  const button = (text: string, value: JobControl) => (
    <button type="button" disabled={isBusy} onClick={() => void control(value)}>
      {text}
    </button>
  );
  const name = nameOfJob(job);
  const isDone = job.state === JobState.DONE || job.state === JobState.DONE_WITH_PROBLEMS;
  return (
    <>
      <p class="job-head">
        <strong>{name}</strong>
        <span class="tag" data-kind={kindOf(job)}>
          {nameOfJobState(job)}
        </span>
        <span class="quiet small">{words.sets.madeBy(job.createdBy, dayOf(job.createdAt))}</span>
      </p>
      {isUnderWay(job) && (
        <progress
          aria-label={`${name}: ${words.set.progress}`}
          max={Math.max(1, Number(job.total))}
          value={Number(job.done + job.failed)}
        />
      )}
      <p class="quiet small" aria-live="off">
        {lineOf(job)}
      </p>
      {job.message !== "" && <p class="small">{job.message}</p>}
      {job.notes.map((note) => (
        <p key={note} class="quiet small">
          {note}
        </p>
      ))}
      <ProblemNote problem={problem} />
      <div class="row">
        {(job.state === JobState.RUNNING || job.state === JobState.WAITING) &&
          button(words.jobs.pause, JobControl.PAUSE)}
        {job.state === JobState.PAUSED && button(words.jobs.resume, JobControl.RESUME)}
        {isUnderWay(job) && button(words.jobs.cancel, JobControl.CANCEL)}
        {job.failed > 0n && mayRetry(job) && button(words.jobs.retry, JobControl.RETRY_FAILED)}
        {isDone && job.fileName !== "" && job.work?.work.case === "export" && (
          <DownloadButton service={service} job={job} />
        )}
        {job.failed > 0n && (
          <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {words.jobs.showProblems}
          </button>
        )}
      </div>
      {isOpen && <Problems service={service} job={job.id} />}
    </>
  );
}

const mayRetry = (job: DatasetJob) => isUnderWay(job) || job.state === JobState.DONE_WITH_PROBLEMS;

function kindOf({ state }: DatasetJob): string {
  if (state === JobState.DONE) return "good";
  return state === JobState.FAILED || state === JobState.DONE_WITH_PROBLEMS ? "bad" : "quiet";
}

/** By the browser itself, which goes on where it was cut off; with a key the page has to ask, for a link cannot show it. */
function DownloadButton({ service, job }: { service: DatasetService; job: DatasetJob }) {
  const { isBusy, problem, attempt } = useDoing();
  if (currentBearer() === undefined) {
    return (
      <a class="button strong" download={job.fileName} href={service.placeOfFile(job.id)}>
        {words.jobs.download}
      </a>
    );
  }
  const fetchIt = () => attempt(async () => download(await service.exportFile(job.id), job.fileName));
  return (
    <>
      <button type="button" class="strong" disabled={isBusy} onClick={() => void fetchIt()}>
        {words.jobs.download}
      </button>
      <ProblemNote problem={problem} />
    </>
  );
}

function Problems({ service, job }: { service: DatasetService; job: string }) {
  const [page, setPage] = useState("");
  const { value, problem, reload } = useLoaded(() => service.listProblems(job, page), [service, job, page]);
  return (
    <div class="job-problems">
      <ProblemNote problem={problem} onRetry={reload} />
      <ul>
        {value?.problems.map(({ file, line, reason }) => (
          <li key={`${file} ${line} ${reason}`}>
            <strong>{words.jobs.line(file, line)}</strong> {reason}
          </li>
        ))}
      </ul>
      {value !== undefined && value.nextPage !== "" && (
        <button type="button" class="link-button" onClick={() => setPage(value.nextPage)}>
          {words.page.more}
        </button>
      )}
    </div>
  );
}
