import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import pino from "pino";
import {
  AnnotationFormat,
  CreateDatasetRequestSchema,
  type DatasetJob,
  DeleteDatasetRequestSchema,
  ExportWorkSchema,
  ImportWorkSchema,
  type JobWork,
  StartJobRequestSchema,
} from "../../../proto/index.js";
import type { Database } from "../../../services/dataset/database/database.js";
import { FolderFiles } from "../../../services/dataset/files/folder-files.js";
import { createJobs, type RunningJobs } from "../../../services/dataset/jobs/create-jobs.js";
import { addPicture } from "../../../services/dataset/pictures/add-picture.js";
import { findSet } from "../../../services/dataset/sets/find-set.js";
import { Sets } from "../../../services/dataset/sets/sets.js";
import { size, who } from "./fill.js";
import { numbersFrom, wobblyMasks } from "./wobbly-masks.js";

interface Carried {
  /** Objects a second. */
  readonly imported: number;
  /** The same file once more: all of it is there. */
  readonly repeated: number;
  readonly exported: number;
  /** MiB of this process at a fifth of the import, and at its most after that. */
  readonly memory: readonly [early: number, most: number];
}

const dataset = "carried";
const pictures = 1000;

/** Nobody asks for masks here. */
const noEngine = {
  encode: () => Promise.reject(new Error("no engine")),
  everything: () => Promise.reject(new Error("no engine")),
  segment: () => Promise.reject(new Error("no engine")),
  models: async () => ({ known: [], areAll: true }),
  weightsOf: () => "",
};

/** Imports COCO's annotations into a set of its own beside the large one, twice, and exports them again: the jobs themselves, without pictures' files. */
export async function carry(database: Database, count: number): Promise<Carried> {
  const folder = await mkdtemp(join(tmpdir(), "maskwire-bench-files-"));
  await using jobs = await createJobs({
    database,
    files: new FolderFiles(folder),
    engine: noEngine,
    sizeOf: async () => size,
    importBuckets: [],
    objectStore: undefined,
    maxImageBytes: 1,
    maxImportBytes: 2 ** 32,
    logger: pino({ level: "silent" }),
  });
  await jobs.run();
  try {
    await makeSet(database);
    const first = await imported(database, jobs, count);
    const again = await imported(database, jobs, count);
    const value = create(ExportWorkSchema, { format: AnnotationFormat.COCO });
    const started = performance.now();
    const out = await ended(jobs, await jobs.jobs.start(who, request({ case: "export", value })));
    const exported = (Number(out.objects) * 1000) / (performance.now() - started);
    if (first.made !== count || again.made !== 0 || Number(out.objects) !== count) {
      throw new Error(`${first.made}, then ${again.made} objects came in of ${count}, ${out.objects} went out`);
    }
    return { imported: first.perSecond, repeated: again.perSecond, exported, memory: first.memory };
  } finally {
    await new Sets(database).delete(who, create(DeleteDatasetRequestSchema, { dataset, name: dataset }));
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeSet(database: Database): Promise<void> {
  await new Sets(database).create(who, create(CreateDatasetRequestSchema, { name: dataset }));
  const { key } = await findSet(database.db, who, dataset);
  await database.transaction(async (trx) => {
    for (let at = 0; at < pictures; at++) {
      const file = { bytes: 300_000, mediaType: "image/jpeg", split: "train", attributes: {} };
      const imageId = `sha256:${(2 ** 40 + at).toString(16).padStart(64, "0")}`;
      await addPicture(trx, key, who.person, { imageId, name: `${at}.jpg`, ...size, ...file });
    }
  });
}

async function imported(database: Database, jobs: RunningJobs, count: number) {
  const value = create(ImportWorkSchema, { source: { case: "fileName", value: "instances.json" }, makeLabels: true });
  const started = performance.now();
  const work = request({ case: "import", value });
  const job = await jobs.jobFiles.startImport(who, work, annotations(count), new AbortController().signal);
  let [early, most] = [0, 0];
  const watch = setInterval(async () => {
    const { done } = await database.db
      .selectFrom("jobs")
      .select((row) => row.ref("objects").as("done"))
      .where("id", "=", job.id)
      .executeTakeFirstOrThrow();
    const now = process.memoryUsage().rss / 2 ** 20;
    if (Number(done) < count / 5) early = now;
    else most = Math.max(most, now);
  }, 200);
  try {
    const done = await ended(jobs, job);
    const perSecond = (count * 1000) / (performance.now() - started);
    return { made: Number(done.objects), perSecond, memory: [early, Math.max(early, most)] as const };
  } finally {
    clearInterval(watch);
  }
}

/** COCO's file, an annotation a line, as it is sent. */
async function* annotations(count: number): AsyncGenerator<Buffer> {
  const next = numbersFrom(3);
  const masks = wobblyMasks(200, size, next).map((rle) => JSON.stringify(rle));
  const { width, height } = size;
  const images = Array.from({ length: pictures }, (_, at) => ({ id: at + 1, file_name: `${at}.jpg`, width, height }));
  const categories = Array.from({ length: 20 }, (_, at) => ({ id: at + 1, name: `label ${at + 1}` }));
  yield Buffer.from(`{"images":${JSON.stringify(images)},"categories":${JSON.stringify(categories)},"annotations":[\n`);
  for (let made = 0; made < count; made += 500) {
    const lines = Array.from({ length: Math.min(500, count - made) }, (_, at) => {
      const id = made + at + 1;
      const image = 1 + Math.floor(((id - 1) * pictures) / count);
      const mask = masks[Math.floor(next() * masks.length)];
      return `${id > 1 ? "," : ""}{"id":${id},"image_id":${image},"category_id":${1 + (id % 20)},"segmentation":${mask},"iscrowd":0}`;
    });
    yield Buffer.from(`${lines.join("\n")}\n`);
  }
  yield Buffer.from("]}");
}

const request = (work: JobWork["work"]) => create(StartJobRequestSchema, { dataset, work: { work } });

async function ended({ jobs }: RunningJobs, { id }: DatasetJob): Promise<DatasetJob> {
  for await (const job of jobs.watch(who, { dataset, job: id }, new AbortController().signal)) {
    if (job.endedAt) return job;
  }
  throw new Error("the job did not end");
}
