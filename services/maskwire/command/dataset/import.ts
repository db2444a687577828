import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { create, type JsonObject, toJson } from "@bufbuild/protobuf";
import { type AnnotationFormat, type DatasetJob, DatasetService, ImportWorkSchema } from "../../../../proto/index.js";
import { openFolder } from "../../../dataset/archive/folder-source.js";
import { zipped } from "../../../dataset/archive/zip-sink.js";
import { CommandError, usageError } from "../command-error.js";
import { fileProblem } from "../photo-files.js";
import { progressBar } from "../progress-bar.js";
import { followJob, type WaitOptions } from "./jobs.js";
import { type DatasetTools, withDatasets } from "./with-datasets.js";

export interface ImportOptions extends WaitOptions {
  format?: AnnotationFormat;
  split?: string;
  /** Labels that the set lacks are made. */
  makeLabels?: true;
  /** Objects that are others now are added beside those before. */
  addChanged?: true;
}

/** Archives of folders are the same whenever they are made. */
const madeAt = new Date(Date.UTC(2000, 0, 1));
const mostUrls = 100_000;

/**
 * `maskwire dataset import NAME SOURCE`: an archive or a file of annotations, a folder, which is sent as an archive, a text file
 * with an address a line, or s3://bucket/prefix. @throws CommandError
 */
export async function importInto(dataset: string, source: string, given: ImportOptions): Promise<void> {
  const { format, split = "", makeLabels = false, addChanged = false, wait, ...options } = given;
  const how = { ...(format === undefined ? {} : { format }), split, makeLabels, addChanged };
  await withDatasets(options, async (tools) => {
    const job = await begin(tools, dataset, source, how);
    await followJob(tools, dataset, job, wait);
  });
}

interface How {
  format?: AnnotationFormat;
  split: string;
  makeLabels: boolean;
  addChanged: boolean;
}

async function begin(tools: DatasetTools, dataset: string, source: string, how: How): Promise<DatasetJob> {
  const { client, person } = tools;
  const start = (from: { case: "s3"; value: string } | { case: "urls"; value: { urls: string[] } }) => {
    const work = { work: { case: "import", value: { ...how, source: from } } } as const;
    return client.ask(DatasetService.method.startJob, { dataset, work, person });
  };
  if (source.startsWith("s3://")) return start({ case: "s3", value: source });
  if (/^https?:\/\//.test(source)) return start({ case: "urls", value: { urls: [source] } });
  const kind = await kindOf(source);
  if (kind === "folder") return sendFolder(tools, dataset, source, how);
  if (source.endsWith(".txt")) return start({ case: "urls", value: { urls: await urlsIn(source) } });
  return sendFile(tools, dataset, source, how);
}

async function kindOf(path: string): Promise<"file" | "folder"> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "file";
  } catch (error) {
    throw new CommandError(`${path} cannot be read: ${fileProblem(error)}.`, 1, error);
  }
}

/** @throws CommandError for a line that is none. */
async function urlsIn(path: string): Promise<string[]> {
  const lines = (await readFile(path, "utf8")).split("\n").map((line) => line.trim());
  const urls = lines.filter((line) => line !== "" && !line.startsWith("#"));
  const wrong = urls.find((url) => !/^https?:\/\//.test(url));
  if (wrong !== undefined) throw usageError(`${path} has a line that is no address: "${wrong.slice(0, 80)}".`);
  if (urls.length === 0 || urls.length > mostUrls)
    throw usageError(`${path} must have 1 to ${mostUrls} addresses, one a line.`);
  return urls;
}

/** The request's fields, as parameters of an upload. */
function parameters(fileName: string, how: How, person: string): JsonObject {
  const work = create(ImportWorkSchema, { ...how, source: { case: "fileName", value: fileName } });
  return { ...(toJson(ImportWorkSchema, work) as JsonObject), ...(person && { person }) };
}

async function sendFile(
  { client, notices, person }: DatasetTools,
  dataset: string,
  path: string,
  how: How,
): Promise<DatasetJob> {
  const { size } = await stat(path);
  const body = { stream: createReadStream(path), bytes: size };
  return client.uploadImport(dataset, parameters(basename(path), how, person), body, (sent) =>
    notices.progress(`${progressBar(size === 0 ? 1 : sent / size)} of ${path} sent`),
  );
}

async function sendFolder(
  { client, notices, person }: DatasetTools,
  dataset: string,
  path: string,
  how: How,
): Promise<DatasetJob> {
  const source = await openFolder(path);
  const total = source.files.reduce((sum, { bytes }) => sum + bytes, 0);
  let job: DatasetJob | undefined;
  await zipped(
    madeAt,
    async (sink) => {
      for (const { path: name } of source.files) await sink.write(name, source.open(name));
    },
    async (stream) => {
      job = await client.uploadImport(dataset, parameters(`${basename(path)}.zip`, how, person), { stream }, (sent) =>
        notices.progress(`${progressBar(total === 0 ? 1 : Math.min(1, sent / total))} of ${path} sent`),
      );
    },
  );
  if (!job) throw new Error("the archive was sent, and there is no job");
  return job;
}
