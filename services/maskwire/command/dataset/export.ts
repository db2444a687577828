import { createWriteStream } from "node:fs";
import { rename, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { type AnnotationFormat, type CocoForm, type DatasetJob, DatasetService } from "../../../../proto/index.js";
import { CommandError, usageError } from "../command-error.js";
import type { Notices } from "../notices.js";
import { checkFolder, fileProblem } from "../photo-files.js";
import { progressBar } from "../progress-bar.js";
import type { DatasetClient } from "./dataset-client.js";
import type { WaitOptions } from "./jobs.js";
import { labelNamed } from "./labels.js";
import { runWork } from "./start-work.js";
import { hasEnded, waitForJob } from "./wait-for-job.js";
import { withDatasets } from "./with-datasets.js";

export interface ExportOptions extends WaitOptions {
  format?: AnnotationFormat;
  out?: string;
  split?: string[];
  label?: string[];
  version?: number;
  pictures?: true;
  coco?: CocoForm;
  /** An export that was made before. */
  job?: string;
}

const rpc = DatasetService.method;
const mostTries = 10;

/**
 * `maskwire dataset export NAME --format coco --out FILE`, or `--job ID` for one that was made before. What has come of a file is kept beside
 * it until it is whole, and gone on with. @throws CommandError
 */
export async function exportDataset(dataset: string, given: ExportOptions): Promise<void> {
  const { format, out, job, wait, ...options } = given;
  if (format === undefined && job === undefined) throw usageError("Say in which --format, or which --job has made it.");
  if (out === undefined && wait !== false) throw usageError("Say with --out where the file goes.");
  if (out !== undefined) await checkFolder(out);
  await withDatasets(options, async (tools) => {
    const { client, notices } = tools;
    const labels = given.label && (await client.ask(rpc.getDataset, { dataset })).labels;
    const value = {
      ...(format === undefined ? {} : { format }),
      version: given.version ?? 0,
      splits: given.split ?? [],
      labels: labels ? (given.label ?? []).map((name) => labelNamed(labels, name)) : [],
      pictures: given.pictures === true,
      ...(given.coco === undefined ? {} : { coco: given.coco }),
    };
    const made =
      job === undefined
        ? await runWork(tools, dataset, { work: { case: "export", value } }, wait)
        : await waitForJob(client, dataset, await client.ask(rpc.getJob, { dataset, job }), notices);
    if (out === undefined || !hasEnded(made)) return;
    await download(client, dataset, { job: made, path: out, notices });
    notices.say(`wrote ${out}`);
  });
}

interface Download {
  job: DatasetJob;
  path: string;
  notices: Notices;
}

async function download(client: DatasetClient, dataset: string, { job, path, notices }: Download): Promise<void> {
  const total = Number(job.bytes);
  // Of this job: another's bytes would not go on where these end.
  const part = `${path}.${job.id.slice(0, 8)}.part`;
  for (let left = mostTries; ; left--) {
    const has = (await stat(part).catch(() => undefined))?.size ?? 0;
    if (has >= total && total > 0) break;
    try {
      await take(client, dataset, {
        job: job.id,
        part,
        has,
        onBytes: (bytes) => notices.progress(`${progressBar(bytes / total)} of ${path}`),
      });
      break;
    } catch (error) {
      if (error instanceof CommandError || left <= 1) throw error instanceof CommandError ? error : lost(path, error);
    }
  }
  notices.clear();
  await rename(part, path).catch((error: unknown) => {
    throw new CommandError(`${path} cannot be written: ${fileProblem(error)}.`, 1, error);
  });
}

interface Taken {
  job: string;
  part: string;
  has: number;
  onBytes(bytes: number): void;
}

async function take(client: DatasetClient, dataset: string, { job, part, has, onBytes }: Taken): Promise<void> {
  const answer = await client.file(dataset, job, has);
  let bytes = has;
  answer.on("data", (chunk: Uint8Array) => {
    bytes += chunk.byteLength;
    onBytes(bytes);
  });
  await pipeline(answer, createWriteStream(part, { flags: "a" }));
}

const lost = (path: string, cause: unknown) =>
  new CommandError(
    `${path} did not come whole: ${fileProblem(cause)}. The same command with --job goes on with it.`,
    1,
    cause,
  );
