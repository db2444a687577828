import { toJson } from "@bufbuild/protobuf";
import {
  type DatasetJob,
  DatasetJobSchema,
  DatasetService,
  type JobControl,
  type JobProblem,
  JobState,
  ListJobProblemsResponseSchema,
  ListJobsResponseSchema,
} from "../../../../proto/index.js";
import { textTable } from "../text-table.js";
import { pagesOf } from "./pages.js";
import { checkDone, describeProgress, waitForJob } from "./wait-for-job.js";
import { type DatasetOptions, type DatasetTools, withDatasets } from "./with-datasets.js";

const rpc = DatasetService.method;
const whole = { alwaysEmitImplicit: true } as const;

export interface WaitOptions extends DatasetOptions {
  /** False: the command ends once the job has begun. */
  wait?: boolean;
}

/** Tells of a job that was begun, and waits for its end unless that is not wanted. @throws CommandError when it was not done. */
export async function followJob(
  tools: DatasetTools,
  dataset: string,
  job: DatasetJob,
  wait = true,
): Promise<DatasetJob> {
  const { client, notices, print } = tools;
  if (!wait) {
    print(toJson(DatasetJobSchema, job, whole), () => `${job.id}\n`);
    return job;
  }
  notices.say(`job ${job.id}; it goes on when this command ends`);
  const end = await waitForJob(client, dataset, job, notices);
  for (const note of end.notes) notices.say(note);
  print(toJson(DatasetJobSchema, end, whole), () => `${outcomeOf(end)}\n`);
  checkDone(dataset, end);
  return end;
}

/** `maskwire dataset jobs NAME` */
export function listJobs(dataset: string, options: DatasetOptions): Promise<void> {
  return withDatasets(options, async ({ client, print }) => {
    const jobs: DatasetJob[] = [];
    for await (const answer of pagesOf((page) => client.ask(rpc.listJobs, { dataset, page, pageSize: 500 }))) {
      jobs.push(...answer.jobs);
    }
    print(
      toJson(ListJobsResponseSchema, { $typeName: "maskwire.v1.ListJobsResponse", jobs, nextPage: "" }, whole),
      () => {
        const rows = jobs.map((job) => [
          job.id,
          job.work?.work.case ?? "",
          stateOf(job),
          `${job.done + job.failed} of ${job.total}`,
          job.createdBy,
        ]);
        return textTable([["ID", "WORK", "STATE", "DONE", "BY"], ...rows]);
      },
    );
  });
}

export interface JobOptions extends WaitOptions {
  control?: JobControl;
  problems?: true;
}

/** `maskwire dataset job NAME ID [--pause | --resume | --cancel | --retry | --problems | --wait]` */
export function showJob(
  dataset: string,
  job: string,
  { control, problems, wait, ...options }: JobOptions,
): Promise<void> {
  return withDatasets(options, async (tools) => {
    const { client, person, print } = tools;
    if (problems) return listProblems(tools, dataset, job);
    const now =
      control === undefined
        ? await client.ask(rpc.getJob, { dataset, job })
        : await client.ask(rpc.controlJob, { dataset, job, control, person });
    if (wait) await followJob(tools, dataset, now);
    else print(toJson(DatasetJobSchema, now, whole), () => `${stateOf(now)}: ${describeProgress(now)}\n`);
  });
}

async function listProblems({ client, print }: DatasetTools, dataset: string, job: string): Promise<void> {
  const all: JobProblem[] = [];
  for await (const answer of pagesOf((page) =>
    client.ask(rpc.listJobProblems, { dataset, job, page, pageSize: 500 }),
  )) {
    all.push(...answer.problems);
  }
  const answer = { $typeName: "maskwire.v1.ListJobProblemsResponse", problems: all, nextPage: "" } as const;
  print(toJson(ListJobProblemsResponseSchema, answer, whole), () =>
    all.map(({ file, line, reason }) => `${file}${line > 0 ? `:${line}` : ""}: ${reason}\n`).join(""),
  );
}

const stateOf = ({ state }: DatasetJob) => (JobState[state] ?? "").toLowerCase().replaceAll("_", " ");

function outcomeOf(job: DatasetJob): string {
  const { done, objects, fileName, bytes } = job;
  const file = fileName === "" ? "" : `; ${fileName}, ${bytes} bytes`;
  return `${stateOf(job)}: ${done} done, ${objects} objects${file}`;
}
