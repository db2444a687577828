import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { sql } from "kysely";
import { beforeAll, expect, it } from "vitest";
import {
  AnnotationFormat,
  type DatasetJob,
  ExportWorkSchema,
  ImportWorkSchema,
  JobState,
  ObjectState,
} from "../../../proto/index.js";
import { zipped } from "../archive/zip-sink.js";
import { openZip } from "../archive/zip-source.js";
import type { Database } from "../database/database.js";
import { TestServer } from "../testing/test-server.js";
import { columns, FakeEngine } from "./testing/fake-engine.js";
import { JobStage, pictureFile, who } from "./testing/job-stage.js";

/* Videos that come with an import and go with an export, through the database. */

let server: TestServer;
let database: Database;
beforeAll(async () => {
  server = await TestServer.start();
  database = await server.database();
  return () => server.close();
});

const { signal } = new AbortController();
const size = { width: 10, height: 10 };

/** A set, and a process that works on it. */
async function open() {
  const stage = await JobStage.open(database, 0);
  const running = await stage.process(new FakeEngine());
  await running.run();
  return { stage, running };
}
type Opened = Awaited<ReturnType<typeof open>>;

async function ended({ stage, running }: Opened, { id }: DatasetJob): Promise<DatasetJob> {
  const watched = running.jobs.watch(who, { dataset: stage.dataset.id, job: id }, signal);
  for await (const job of watched) if (job.endedAt) return job;
  throw new Error("the job did not end");
}

async function bring(opened: Opened, file: Uint8Array, work: MessageInitShape<typeof ImportWorkSchema> = {}) {
  const { stage, running } = opened;
  const value = create(ImportWorkSchema, {
    source: { case: "fileName", value: "mine.zip" },
    makeLabels: true,
    ...work,
  });
  const bytes = (async function* () {
    yield file;
  })();
  return ended(
    opened,
    await running.jobFiles.startImport(who, stage.request({ case: "import", value }), bytes, signal),
  );
}

async function fetch(opened: Opened, format: AnnotationFormat): Promise<Buffer> {
  const { stage, running } = opened;
  const value = create(ExportWorkSchema, { format, pictures: true });
  const job = await ended(opened, await running.jobs.start(who, stage.request({ case: "export", value })));
  const file = await running.jobFiles.exported(who, { dataset: stage.dataset.id, job: job.id, offset: 0n });
  const all: Uint8Array[] = [];
  for await (const chunk of file.open({ start: 0, end: Number(job.bytes) })) all.push(chunk);
  return Buffer.concat(all);
}

async function archive(files: Record<string, Uint8Array | object>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  await zipped(
    new Date(0),
    async (sink) => {
      for (const [name, content] of Object.entries(files)) {
        await sink.write(name, [content instanceof Uint8Array ? content : Buffer.from(JSON.stringify(content))]);
      }
    },
    async (all) => {
      for await (const chunk of all) chunks.push(chunk);
    },
  );
  return Buffer.concat(chunks);
}

/** Two objects over three frames, whose files come in another order; one of them has no mask in the second. */
const drive = (more: object[] = []) => ({
  "yard/2.png": pictureFile(10, 10, "c"),
  "yard/0.png": pictureFile(10, 10, "a"),
  "yard/1.png": pictureFile(10, 10, "b"),
  "alone.png": pictureFile(10, 10, "d"),
  "annotations/instances_val.json": {
    images: [2, 0, 1].map((at) => ({ id: at + 1, file_name: `yard/${at}.png`, video_id: 5, frame_index: at, ...size })),
    categories: [
      { id: 1, name: "car" },
      { id: 2, name: "dog" },
    ],
    videos: [{ id: 5, name: "yard", frame_rate: 12.5 }],
    tracks: [{ id: 8, name: "red", category_id: 1 }],
    annotations: [
      { id: 1, image_id: 1, category_id: 1, track_id: 8, segmentation: columns(0, 2) },
      { id: 2, image_id: 1, category_id: 2, track_id: 9, segmentation: columns(4, 6) },
      { id: 3, image_id: 2, category_id: 2, track_id: 9, segmentation: columns(5, 7) },
      { id: 4, image_id: 3, category_id: 1, track_id: 8, segmentation: columns(1, 3) },
      { id: 5, image_id: 3, category_id: 2, track_id: 9, segmentation: columns(6, 8) },
      ...more,
    ],
  },
});

/** What of a set is of videos: sequence, rate, split, number, track, label, mask. */
async function videosOf({ stage }: Opened) {
  const { rows } = await sql<Record<string, unknown>>`
    select s.name as video, s.frame_rate as rate, p.split, p.frame, t.name as track, l.name as label, m.counts
    from pictures p join sequences s on s.id = p.sequence
    left join objects o on o.picture = p.id and o.state <> ${ObjectState.DELETED}
    left join object_revisions m on m.picture = o.picture and m.object = o.id and m.revision = o.shape
    left join tracks t on t.id = o.track left join labels l on l.dataset = p.dataset and l.id = o.label
    where p.dataset = ${stage.dataset.key} order by s.name, p.frame, o.y, o.x`.execute(database.db);
  return rows.map((row) => Object.values(row));
}

const counts = (from: number, to: number) => columns(from, to).counts;
const masks: [frame: number, track: string, label: string, counts: string][] = [
  [0, "red", "car", counts(0, 2)],
  [0, "object 9", "dog", counts(4, 6)],
  [1, "object 9", "dog", counts(5, 7)],
  [2, "red", "car", counts(1, 3)],
  [2, "object 9", "dog", counts(6, 8)],
];

it("a video comes with COCO, goes in each format that knows videos, and comes back with the same masks", async () => {
  const first = await open();
  const brought = await bring(first, await archive(drive()));
  expect(brought).toMatchObject({ state: JobState.DONE, objects: 5n });
  expect(await videosOf(first)).toEqual(masks.map((mask) => ["yard", 12.5, "val", ...mask]));
  expect((await bring(first, await archive(drive()))).notes).toEqual([
    "Brought by an import before, and left as they are: 5 objects.",
  ]);

  const known: [AnnotationFormat, rate: number, rename: (track: string) => string, hasLabels: boolean][] = [
    [AnnotationFormat.COCO, 12.5, (track) => track, true],
    [AnnotationFormat.YOUTUBE_VIS, 12.5, (track) => track, true],
    [AnnotationFormat.DAVIS, 0, (track) => (track === "red" ? "object 1" : "object 2"), false],
  ];
  const exported = new Map<AnnotationFormat, Buffer>();
  for (const format of [...known.map(([one]) => one), AnnotationFormat.MOTS]) {
    exported.set(format, await fetch(first, format));
  }
  // Processes take each other's work, and have a folder each here.
  await first.stage[Symbol.asyncDispose]();
  for (const [format, rate, rename, hasLabels] of known) {
    const second = await open();
    try {
      const job = await bring(second, exported.get(format) as Buffer);
      expect(job, AnnotationFormat[format]).toMatchObject({ state: JobState.DONE });
      expect(await videosOf(second)).toEqual(
        masks.map(([frame, track, label, mask]) => [
          ...["yard", rate, "val", frame, rename(track)],
          ...[hasLabels ? label : null, mask],
        ]),
      );
    } finally {
      await second.stage[Symbol.asyncDispose]();
    }
  }
  const mots = exported.get(AnnotationFormat.MOTS) as Buffer;
  const read = async function* (from: number, to: number) {
    yield mots.subarray(from, to);
  };
  const { files } = await openZip({ bytes: mots.length, read });
  expect(files.map(({ path }) => path)).toContain("instances_txt/yard.txt");
});

it("what has no place in a video is told, and the rest comes", async () => {
  const opened = await open();
  const second = { id: 6, image_id: 3, category_id: 1, track_id: 8, segmentation: columns(8, 9) };
  const otherLabel = { id: 7, image_id: 2, category_id: 2, track_id: 8, segmentation: columns(0, 1) };
  const files = drive([second, otherLabel]);
  const { images } = files["annotations/instances_val.json"];
  (images[1] as { frame_index: number }).frame_index = 2;
  const job = await bring(opened, await archive(files));
  expect(job).toMatchObject({ state: JobState.DONE_WITH_PROBLEMS, objects: 7n });
  const asked = { dataset: opened.stage.dataset.id, job: job.id, pageSize: 0, page: "" };
  const { problems } = await opened.running.jobs.problems(who, asked);
  expect(problems.map(({ reason }) => reason)).toEqual([
    'The frame 2 of "yard" is "yard/2.png" already.',
    expect.stringMatching(/^6: The track \d+ has another object .* It is kept as an object of no track\.$/),
  ]);
  const tracks = (await videosOf(opened)).map(([, , , frame, track, label]) => [frame, track, label]);
  expect(tracks).toEqual([
    [1, "red (dog)", "dog"],
    [1, "object 9", "dog"],
    [2, "red", "car"],
    [2, "object 9", "dog"],
    [2, null, "car"],
  ]);
  await opened.stage[Symbol.asyncDispose]();
});
