import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  AnnotationFormat,
  CocoForm,
  type DatasetJob,
  ExportWorkSchema,
  Gear,
  ImportWorkSchema,
  JobControl,
  JobState,
  ListRevisionsRequestSchema,
  ObjectState,
  ReviewObjectsRequestSchema,
  SaveObjectsRequestSchema,
} from "../../../../proto/index.js";
import { Code, ServiceError } from "../../../runtime/errors.js";
import { zipped } from "../../archive/zip-sink.js";
import { openZip } from "../../archive/zip-source.js";
import type { Database } from "../../database/database.js";
import { noRoom, storeLost } from "../../files/file-errors.js";
import { S3Files } from "../../files/s3-files.js";
import { startObjectStore, useTestCredentials } from "../../files/testing/object-store.js";
import { Objects } from "../../objects/objects.js";
import { Reviews } from "../../review/reviews.js";
import { Purge } from "../../sets/purge.js";
import { TestServer } from "../../testing/test-server.js";
import type { RunningJobs } from "../create-jobs.js";
import { columns, FakeEngine } from "../testing/fake-engine.js";
import { JobStage, pictureFile, testImports, who } from "../testing/job-stage.js";

let server: TestServer;
let database: Database;
beforeAll(async () => {
  server = await TestServer.start();
  database = await server.database();
  return () => server.close();
});

let stage: JobStage;
async function open(more: Partial<typeof testImports> = {}): Promise<RunningJobs> {
  stage = await JobStage.open(database, 0);
  const running = await stage.process(new FakeEngine(), more);
  await running.run();
  return running;
}
afterEach(() => stage[Symbol.asyncDispose]());

const { signal } = new AbortController();

async function ended({ jobs }: RunningJobs, { id }: DatasetJob): Promise<DatasetJob> {
  for await (const job of jobs.watch(who, { dataset: stage.dataset.id, job: id }, signal)) if (job.endedAt) return job;
  throw new Error("the job did not end");
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

/** COCO's, of pictures of 10 x 10: each with its objects' columns. */
function coco(pictures: Record<string, [from: number, to: number, label: string][]>) {
  const names = [...new Set(Object.values(pictures).flatMap((all) => all.map(([, , label]) => label)))];
  let id = 0;
  return {
    info: {},
    licenses: [],
    images: Object.keys(pictures).map((file_name, at) => ({ id: at + 1, file_name, width: 10, height: 10 })),
    categories: names.map((name, at) => ({ id: at + 1, name })),
    annotations: Object.values(pictures).flatMap((all, at) =>
      all.map(([from, to, label]) => ({
        id: ++id,
        image_id: at + 1,
        category_id: names.indexOf(label) + 1,
        segmentation: columns(from, to),
        iscrowd: 0,
      })),
    ),
  };
}

const twoPictures = () => ({
  "a.png": pictureFile(10, 10, "a"),
  "sub/b.png": pictureFile(10, 10, "b"),
  "annotations.json": coco({
    "a.png": [
      [0, 2, "Cup"],
      [3, 5, "dog"],
    ],
    "sub/b.png": [[1, 9, "dog"]],
  }),
});

const upload = (running: RunningJobs, file: Uint8Array, work: MessageInitShape<typeof ImportWorkSchema> = {}) =>
  running.jobFiles.startImport(
    who,
    stage.request({
      case: "import",
      value: create(ImportWorkSchema, { source: { case: "fileName", value: "mine.zip" }, makeLabels: true, ...work }),
    }),
    (async function* () {
      yield file;
    })(),
    signal,
  );

const start = (running: RunningJobs, source: MessageInitShape<typeof ImportWorkSchema>["source"]) =>
  running.jobs.start(
    who,
    stage.request({ case: "import", value: create(ImportWorkSchema, { makeLabels: true, ...(source && { source }) }) }),
  );

async function problemsOf({ jobs }: RunningJobs, { id: job }: DatasetJob) {
  const asked = { dataset: stage.dataset.id, job, pageSize: 0, page: "" };
  return (await jobs.problems(who, asked)).problems.map(({ file, reason }) => `${file}: ${reason}`);
}

const pictureNames = async () =>
  (await stage.database.db.selectFrom("pictures").select("name").orderBy("id").execute()).map(({ name }) => name);

describe("an archive", () => {
  it("brings pictures, labels and objects, which say where they come from", async () => {
    const running = await open();
    const job = await ended(running, await upload(running, await archive(twoPictures()), { split: "train" }));
    expect(job).toMatchObject({ state: JobState.DONE, done: 2n, total: 2n, objects: 3n, fileName: "mine.zip" });
    expect(await pictureNames()).toEqual(["a.png", "sub/b.png"]);
    const { db } = stage.database;
    expect(await db.selectFrom("pictures").select(["split", "media_type", "width"]).execute()).toMatchObject(
      Array(2).fill({ split: "train", width: 10 }),
    );
    const labels = await db.selectFrom("labels").select(["id", "name"]).orderBy("id").execute();
    expect(labels.map(({ name }) => name)).toEqual(["Cup", "dog"]);
    const objects = await db.selectFrom("objects").selectAll().orderBy("id").execute();
    expect(objects.map(({ area }) => area)).toEqual([20, 20, 80]);
    expect(objects[0]).toMatchObject({ gear: Gear.IMPORTED, state: ObjectState.ACCEPTED, label: 4, person: "ann" });
    const keys: string[] = [];
    for await (const key of stage.files.list("t=acme/")) keys.push(key);
    expect(keys.filter((key) => key.includes("pictures/"))).toHaveLength(4);
    // What was uploaded is gone.
    await expect
      .poll(async () => {
        const left: string[] = [];
        for await (const key of stage.files.list("t=acme/imports/")) left.push(key);
        return left;
      })
      .toEqual([]);
  });

  it("brings nothing twice, and what is new", async () => {
    const running = await open();
    await ended(running, await upload(running, await archive(twoPictures())));
    const files = twoPictures();
    files["annotations.json"] = coco({
      "a.png": [
        [0, 2, "Cup"],
        [3, 5, "dog"],
      ],
      "sub/b.png": [
        [1, 9, "dog"],
        [0, 1, "cat"],
      ],
    });
    const job = await ended(running, await upload(running, await archive(files)));
    expect(job).toMatchObject({ state: JobState.DONE, objects: 1n });
    expect(job.notes).toEqual(["Brought by an import before, and left as they are: 3 objects."]);
    expect(await stage.objects()).toEqual([2, 2]);
  });

  /** What is there of a.png: label, first column, state, revision. */
  const objectsOfFirst = async () =>
    (
      await stage.database.db
        .selectFrom("objects")
        .innerJoin("labels", (on) =>
          on.onRef("labels.dataset", "=", "objects.dataset").onRef("labels.id", "=", "objects.label"),
        )
        .innerJoin("pictures", "pictures.id", "objects.picture")
        .where("objects.dataset", "=", stage.dataset.key)
        .where("pictures.name", "=", "a.png")
        .where("objects.state", "<>", ObjectState.DELETED)
        .select(["labels.name", "objects.x", "objects.state", "objects.revision"])
        .orderBy("objects.id")
        .execute()
    ).map(({ name, x, state, revision }) => [name, x, state, revision]);

  it("that is corrected gives its objects new states, and what people have changed since stays theirs", async () => {
    const running = await open();
    const objects = new Objects(stage.database);
    const bring = async (first: [number, number, string], second: [number, number, string], more = {}) => {
      const files = { ...twoPictures(), "annotations.json": coco({ "a.png": [first, second] }) };
      return ended(running, await upload(running, await archive(files), more));
    };
    await bring([0, 2, "Cup"], [3, 5, "dog"]);
    const job = await bring([6, 9, "Cup"], [3, 5, "dog"]);
    expect(job).toMatchObject({ state: JobState.DONE, objects: 0n });
    expect(job.notes).toEqual([
      "Brought by an import before, and left as they are: 1 object.",
      "Brought by an import before, and given the state of this one: 1 object.",
    ]);
    expect(await objectsOfFirst()).toEqual([
      ["Cup", 6, ObjectState.ACCEPTED, 2],
      ["dog", 3, ObjectState.ACCEPTED, 1],
    ]);
    // The label alone, as things to look at; and back again to what the first file said.
    await bring([6, 9, "Cup"], [3, 5, "cat"], { state: ObjectState.TO_REVIEW });
    await bring([0, 2, "Cup"], [3, 5, "dog"]);
    expect(await objectsOfFirst()).toEqual([
      ["Cup", 0, ObjectState.ACCEPTED, 3],
      ["dog", 3, ObjectState.ACCEPTED, 3],
    ]);
    // A verdict is about what came, a change is a person's own.
    const rows = stage.database.db.selectFrom("objects").select(["id", "revision", "label"]);
    const all = await rows.where("dataset", "=", stage.dataset.key).orderBy("id").execute();
    const [first, second] = all as [(typeof all)[number], (typeof all)[number]];
    const verdict = { key: "v", object: first.id, revision: first.revision, accept: false, reason: "It is no cup." };
    const reviewed = create(ReviewObjectsRequestSchema, { dataset: stage.dataset.id, verdicts: [verdict] });
    await new Reviews(stage.database).decide(who, reviewed);
    const patch = { label: first.label };
    const change = { key: "p", object: second.id, revision: second.revision, change: { case: "patch", value: patch } };
    const changes = create(SaveObjectsRequestSchema, { dataset: stage.dataset.id, changes: [change as never] });
    expect((await objects.save(who, changes)).saved).toMatchObject([{ problem: "", object: patch }]);
    const last = await bring([7, 9, "Cup"], [4, 5, "dog"]);
    expect(last.notes).toEqual([
      "Brought by an import before, and given the state of this one: 1 object.",
      "Brought by an import before, changed here since, and left so: 1 object.",
    ]);
    expect(await objectsOfFirst()).toEqual([
      ["Cup", 7, ObjectState.ACCEPTED, 5],
      ["Cup", 3, ObjectState.ACCEPTED, 4],
    ]);
    const history = await objects.revisions(
      who,
      create(ListRevisionsRequestSchema, { dataset: stage.dataset.id, object: first.id }),
    );
    expect(history.revisions?.map(({ bbox }) => bbox?.x)).toEqual([7, 0, 0, 6, 0]);
  });

  it("of somebody else, with the same names and ids, may be added beside what is there", async () => {
    const running = await open();
    const bring = async (x: number, addChanged: boolean) => {
      const files = { ...twoPictures(), "annotations.json": coco({ "a.png": [[x, x + 1, "Cup"]] }) };
      return ended(running, await upload(running, await archive(files), { addChanged }));
    };
    await bring(0, false);
    expect(await bring(4, true)).toMatchObject({ objects: 1n, notes: [] });
    expect((await bring(4, true)).notes).toEqual(["Brought by an import before, and left as they are: 1 object."]);
    expect((await objectsOfFirst()).map(([, x]) => x)).toEqual([0, 4]);
  });

  it("whose ids are there twice brings each of its objects once", async () => {
    const running = await open();
    const twice = (x: number) => {
      const file = coco({
        "a.png": [
          [0, 1, "Cup"],
          [x, x + 1, "Cup"],
        ],
      });
      for (const annotation of file.annotations) annotation.id = 7;
      return { ...twoPictures(), "annotations.json": file };
    };
    for (const expected of [2n, 0n]) {
      expect(await ended(running, await upload(running, await archive(twice(3))))).toMatchObject({ objects: expected });
    }
    // Nobody knows which of the two it was.
    expect(await ended(running, await upload(running, await archive(twice(5))))).toMatchObject({ objects: 1n });
    expect((await objectsOfFirst()).map(([, x]) => x)).toEqual([0, 3, 5]);
  });

  it("names what cannot be taken, and the rest goes on", async () => {
    const running = await open();
    const files = {
      ...twoPictures(),
      "c.png": Buffer.from("no picture"),
      "annotations.json": coco({
        "a.png": [
          [0, 2, "Cup"],
          [3, 5, "dog"],
        ],
        "sub/b.png": [],
        "gone.png": [[0, 1, "dog"]],
      }),
    };
    const job = await ended(running, await upload(running, await archive(files), { makeLabels: false }));
    expect(job).toMatchObject({ state: JobState.DONE_WITH_PROBLEMS, failed: 3n, objects: 1n });
    expect((await problemsOf(running, job)).sort()).toEqual([
      expect.stringMatching(/^annotations.json: .*no label "dog"/),
      "c.png: The file is not a picture.",
      expect.stringMatching(/^gone.png: .*neither among the files nor in the data set/),
    ]);
  });

  it("has odd texts, of which each is a problem of its object, or kept without what cannot be kept", async () => {
    const running = await open();
    const long = "l".repeat(101);
    const annotations = coco({
      "a.png": [
        [0, 1, long],
        [1, 2, " "],
        [2, 3, "no\0thing"],
        [3, 4, "half \ud83d"],
        [4, 5, "Cup"],
      ],
      "gone\0.png": [[0, 1, "Cup"]],
    });
    const [first] = annotations.annotations;
    const odd = { ...first, id: "\0", category_id: 5, attributes: { note: `${"x".repeat(3999)}😀`, "a\0b": "\ud83d" } };
    const files = {
      "a.png": pictureFile(10, 10, "a"),
      "annotations.json": {
        ...annotations,
        annotations: [...annotations.annotations, odd, { ...first, image_id: "\0" }],
      },
    };
    const job = await ended(running, await upload(running, await archive(files)));
    expect(job).toMatchObject({ state: JobState.DONE_WITH_PROBLEMS, objects: 4n, failed: 4n });
    expect((await problemsOf(running, job)).sort()).toEqual([
      expect.stringMatching(/^annotations.json: 1: A label's name has 1 to 100 characters; "l{40}" has not\.$/),
      expect.stringMatching(/^annotations.json: 2: A label's name has 1 to 100 characters; " " has not\.$/),
      expect.stringMatching(/^annotations.json: The annotation's image_id .* is no image of the file\.$/),
      expect.stringMatching(/^gone.png: .*neither among the files/),
    ]);
    const { db } = stage.database;
    const labels = await db.selectFrom("labels").select("name").orderBy("id").execute();
    expect(labels.map(({ name }) => name)).toEqual(["Cup", "nothing", "half \ufffd"]);
    const objects = await db.selectFrom("objects").select("attributes").orderBy("id").execute();
    expect(objects.at(-1)?.attributes).toEqual({ note: "x".repeat(3999), ab: "\ufffd" });
  });

  it("that is none, or says nothing that can be read, fails the job with a sentence", async () => {
    const running = await open();
    const job = await ended(running, await upload(running, Buffer.from("PK and no more")));
    expect(job.state).toBe(JobState.FAILED);
    expect(job.message).toMatch(/zip archive/);
  });

  it("may be annotations alone, of pictures that are there", async () => {
    const running = await open();
    await stage.addPictures(1);
    const file = Buffer.from(JSON.stringify(coco({ "0000.png": [[0, 4, "Cup"]] })));
    const job = await ended(running, await upload(running, file, { source: { case: "fileName", value: "x.json" } }));
    expect(job).toMatchObject({ state: JobState.DONE, objects: 1n });
    expect(await stage.objects()).toEqual([1]);
  });

  it("is not kept when its import is cancelled, or its data set deleted", async () => {
    stage = await JobStage.open(database, 0);
    const running = await stage.process(new FakeEngine());
    const kept = async () => {
      const keys: string[] = [];
      for await (const key of stage.files.list("t=acme/")) keys.push(key);
      return keys.length;
    };
    const { id } = await upload(running, await archive(twoPictures()));
    await upload(running, await archive(twoPictures()));
    expect(await kept()).toBe(2);
    await running.jobs.control(who, { dataset: stage.dataset.id, job: id, control: JobControl.CANCEL });
    expect(await kept()).toBe(1);
    await database.db
      .updateTable("datasets")
      .set({ deleted_at: new Date() })
      .where("key", "=", stage.dataset.key)
      .execute();
    const purge = new Purge(database, { picture: async () => {}, job: (job) => running.jobFiles.delete(job) });
    while (await purge.step());
    expect(await kept()).toBe(0);
  });

  it("that nobody begins to import goes after a while, whatever kept its job from being", async () => {
    const running = await open();
    const { db } = stage.database;
    const arriving = () => db.selectFrom("arriving_files").select("job").execute();
    await ended(running, await upload(running, await archive(twoPictures())));
    expect(await arriving()).toEqual([]);
    // Its data set is gone when it has come, and the store refuses to take the file back.
    const deleteFile = stage.files.delete.bind(stage.files);
    stage.files.delete = async () => {
      throw storeLost("refuses", new Error());
    };
    const come = stage.files.put.bind(stage.files);
    stage.files.put = async (...given) => {
      const bytes = await come(...given);
      await db.updateTable("datasets").set({ deleted_at: new Date() }).where("key", "=", stage.dataset.key).execute();
      return bytes;
    };
    await expect(upload(running, await archive(twoPictures()))).rejects.toMatchObject({ code: Code.NOT_FOUND });
    Object.assign(stage.files, { put: come, delete: deleteFile });
    expect(await arriving()).toHaveLength(1);
    await db.updateTable("datasets").set({ deleted_at: null }).where("key", "=", stage.dataset.key).execute();
    const purge = new Purge(database, { picture: async () => {}, job: (job) => running.jobFiles.delete(job) });
    // It may still be on its way.
    while (await purge.step());
    expect(await arriving()).toHaveLength(1);
    await db
      .updateTable("arriving_files")
      .set({ at: new Date(Date.now() - 8 * 86_400_000) })
      .execute();
    while (await purge.step());
    expect(await arriving()).toEqual([]);
    for await (const key of stage.files.list("t=acme/imports/")) throw new Error(`${key} stayed`);
  });

  it("whose job's start is not answered stays for the job, which is there", async () => {
    const running = await open();
    const begin = running.jobs.start.bind(running.jobs);
    const lost = new ServiceError({ code: Code.UNAVAILABLE, reason: "DATABASE_LOST", message: "Lost." });
    stage.files.fault = storeLost("refuses what is asked of it", undefined);
    running.jobs.start = async (...given) => {
      await begin(...given);
      throw lost;
    };
    await expect(upload(running, await archive(twoPictures()))).rejects.toBe(lost);
    stage.files.fault = undefined;
    const asked = { dataset: stage.dataset.id, pageSize: 0, page: "" };
    const [job] = (await running.jobs.list(who, asked)).jobs;
    if (!job) throw new Error("there is no job");
    expect(await ended(running, job)).toMatchObject({ state: JobState.DONE, objects: 3n });
  });

  it("is not taken when it is too large, and nothing stays of it", async () => {
    const running = await open({ maxImportBytes: 10 });
    await expect(upload(running, Buffer.alloc(11))).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED });
    for await (const key of stage.files.list("t=acme/")) throw new Error(`${key} stayed`);
  });
});

it("an import whose process stops is gone on with, and what it had brought is not brought again", async () => {
  let opened = 0;
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const sizeOf: typeof testImports.sizeOf = async (bytes) => {
    if (++opened === 20) stop();
    return testImports.sizeOf(bytes);
  };
  const running = await open({ sizeOf });
  const names = Array.from({ length: 40 }, (_, at) => `${at}.png`);
  const files = Object.fromEntries(names.map((name) => [name, pictureFile(10, 10, name)]));
  const annotations = coco(Object.fromEntries(names.map((name) => [name, [[0, 3, "Cup"]]])));
  const job = await upload(running, await archive({ ...files, "annotations.json": annotations }));
  await stopped;
  await running[Symbol.asyncDispose]();
  expect((await stage.objects()).length).toBeLessThan(40);
  const next = await stage.process(new FakeEngine());
  await next.run();
  expect(await ended(next, job)).toMatchObject({
    state: JobState.DONE,
    done: 40n,
    total: 40n,
    objects: 40n,
    notes: [],
  });
  expect(await stage.objects()).toEqual(Array(40).fill(1));
});

describe("a store of files", () => {
  it("that refuses for a while is waited for, which people see", async () => {
    const running = await open();
    stage.files.fault = storeLost("refuses what is asked of it", undefined);
    const { id } = await upload(running, await archive(twoPictures()));
    const asked = { dataset: stage.dataset.id, job: id };
    for await (const job of running.jobs.watch(who, asked, signal))
      if (/refuses what is asked/.test(job.message)) break;
    stage.files.fault = undefined;
    const job = await ended(running, await running.jobs.get(who, asked));
    expect(job).toMatchObject({ state: JobState.DONE, done: 2n, objects: 3n, message: "" });
  });

  it("that is full ends an import with a sentence; once there is room it goes on", async () => {
    const running = await open();
    stage.files.fault = noRoom("on the disk", undefined);
    const job = await ended(running, await upload(running, await archive(twoPictures())));
    expect(job.state).toBe(JobState.FAILED);
    expect(job.message).toMatch(/no room left on the disk.*Make room/);
    stage.files.fault = undefined;
    const asked = { dataset: stage.dataset.id, job: job.id };
    await running.jobs.control(who, { ...asked, control: JobControl.RETRY_FAILED });
    expect(await ended(running, job)).toMatchObject({ state: JobState.DONE, done: 2n, objects: 3n, message: "" });
  });
});

describe("addresses", () => {
  it("are fetched, each once, and those that fail are named", async () => {
    const asked: string[] = [];
    const fetchPicture = async function* (address: string) {
      asked.push(address);
      if (address.endsWith("2.png")) {
        const message = "pictures.example answered with HTTP 404.";
        throw new ServiceError({ code: Code.UNAVAILABLE, reason: "PICTURE_HOST", message });
      }
      yield pictureFile(4, 3, address);
    };
    const running = await open({ fetchPicture });
    const urls = [1, 2, 3].map((n) => `https://pictures.example/some%20where/${n}.png`);
    const source = { case: "urls" as const, value: { urls } };
    const job = await ended(running, await start(running, source));
    expect(job).toMatchObject({ state: JobState.DONE_WITH_PROBLEMS, done: 2n, failed: 1n });
    expect(await problemsOf(running, job)).toEqual([
      "pictures.example/some where/2.png: pictures.example answered with HTTP 404.",
    ]);
    await ended(running, await start(running, source));
    expect(asked).toHaveLength(4);
    expect(await pictureNames()).toEqual([1, 3].map((n) => `pictures.example/some where/${n}.png`));
  });

  it("of one path each bring a picture", async () => {
    const fetchPicture = async function* (address: string) {
      yield pictureFile(4, 3, address);
    };
    const running = await open({ fetchPicture });
    const urls = ["https://a.example/b.png", "https://a.example:8443/b.png", "https://a.example/b.png"];
    const job = await ended(running, await start(running, { case: "urls", value: { urls } }));
    expect(job).toMatchObject({ state: JobState.DONE, done: 2n });
    expect(await pictureNames()).toEqual(["a.example/b.png", "a.example/b-2.png"]);
  });

  it("are refused where no host may be asked", async () => {
    const running = await open();
    const source = { case: "urls" as const, value: { urls: ["https://a.example/b.png"] } };
    await expect(start(running, source)).rejects.toMatchObject({ code: Code.PERMISSION_DENIED });
  });
});

describe("a prefix of a bucket", () => {
  it("is read, where the bucket is named, and no other bucket is", async () => {
    const restore = useTestCredentials();
    try {
      await using objects = await startObjectStore("bring", "");
      await using files = new S3Files({ ...objects.place, prefix: "some/" });
      for (const [name, content] of Object.entries(twoPictures())) {
        await files.put(name, [content instanceof Uint8Array ? content : Buffer.from(JSON.stringify(content))]);
      }
      const running = await open({ objectStore: { ...objects.place, prefix: "own/" } });
      const job = await ended(running, await start(running, { case: "s3", value: "s3://bring/some/" }));
      expect(job).toMatchObject({ state: JobState.DONE, done: 2n, objects: 3n });
      // Of the last three some is the service's own.
      for (const refused of ["s3://other/some/", "s3://bring/own/", "s3://bring/own/t=acme/pictures", "s3://bring/o"]) {
        await expect(start(running, { case: "s3", value: refused })).rejects.toMatchObject({
          code: Code.PERMISSION_DENIED,
        });
      }
    } finally {
      restore();
    }
  });
});

describe("an export", () => {
  it("is a version's archive, which an import reads back, from any byte on", async () => {
    const running = await open();
    await ended(running, await upload(running, await archive(twoPictures())));
    const work = create(ExportWorkSchema, { format: AnnotationFormat.COCO, pictures: true, coco: CocoForm.RLE });
    const job = await ended(running, await running.jobs.start(who, stage.request({ case: "export", value: work })));
    expect(job).toMatchObject({ state: JobState.DONE, total: 2n, done: 2n, objects: 3n });
    expect(job.fileName).toMatch(/-v1-coco\.zip$/);
    const fetched = async (start = 0, end = Number(job.bytes)) => {
      const asked = { dataset: stage.dataset.id, job: job.id, offset: BigInt(start) };
      const file = await running.jobFiles.exported(who, asked);
      expect(file).toMatchObject({ bytes: Number(job.bytes), name: job.fileName });
      const chunks: Uint8Array[] = [];
      for await (const chunk of file.open({ start, end })) chunks.push(chunk);
      return Buffer.concat(chunks);
    };
    await expect(fetched(Number(job.bytes) + 1)).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
    const whole = await fetched();
    expect(whole.length).toBe(Number(job.bytes));
    expect(await fetched(100, 107)).toEqual(whole.subarray(100, 107));
    const { files } = await openZip({
      bytes: whole.length,
      read: async function* (from, to) {
        yield whole.subarray(from, to);
      },
    });
    expect(files.map(({ path }) => path).filter((path) => path.endsWith(".png"))).toHaveLength(2);
    await stage[Symbol.asyncDispose]();
    const other = await open();
    const back = await ended(other, await upload(other, whole));
    expect(back).toMatchObject({ state: JobState.DONE, objects: 3n });
    expect(await stage.objects()).toEqual([2, 1]);
  });

  it("has a file for as many days as are set, and says that it is gone then", async () => {
    const running = await open();
    await ended(running, await upload(running, await archive(twoPictures())));
    const value = create(ExportWorkSchema, { format: AnnotationFormat.COCO });
    const job = await ended(running, await running.jobs.start(who, stage.request({ case: "export", value })));
    const { db } = stage.database;
    const deleters = { picture: async () => {}, job: running.jobFiles.delete.bind(running.jobFiles) };
    const age = (days: number) =>
      db
        .updateTable("jobs")
        .set({ ended_at: new Date(Date.now() - days * 86_400_000) })
        .where("id", "=", job.id)
        .execute();
    const purged = async (days: number) => {
      const purge = new Purge(database, deleters, days);
      while (await purge.step());
      return running.jobs.get(who, { dataset: stage.dataset.id, job: job.id });
    };
    await age(4);
    for (const days of [0, 5]) expect(await purged(days)).toMatchObject({ fileName: job.fileName, bytes: job.bytes });
    await age(6);
    const gone = { fileName: "", bytes: 0n, message: "Its file was kept for 5 days and is gone; export once more." };
    expect(await purged(5)).toMatchObject({ state: JobState.DONE, ...gone });
    const asked = { dataset: stage.dataset.id, job: job.id, offset: 0n };
    const refused = (message: string) => ({ code: Code.NOT_FOUND, message });
    await expect(running.jobFiles.exported(who, asked)).rejects.toMatchObject(refused(gone.message));
    // Nor has one that was ended before it had made any, which has no message.
    await db.updateTable("jobs").set({ state: JobState.CANCELLED, message: "" }).where("id", "=", job.id).execute();
    await expect(running.jobFiles.exported(who, asked)).rejects.toMatchObject(
      refused("This job has made no file; that of an export is there when it is done."),
    );
    for await (const key of stage.files.list("t=acme/exports/")) throw new Error(`${key} stayed`);
  });

  it("has what its filter takes, as it was in the version that it names", async () => {
    const running = await open();
    await ended(running, await upload(running, await archive(twoPictures())));
    const first = create(ExportWorkSchema, { format: AnnotationFormat.COCO });
    await ended(running, await running.jobs.start(who, stage.request({ case: "export", value: first })));
    const { db } = stage.database;
    await db.updateTable("objects").set({ state: ObjectState.DELETED }).execute();
    const again = create(ExportWorkSchema, { format: AnnotationFormat.SA1B, version: 1, labels: [4] });
    const job = await ended(running, await running.jobs.start(who, stage.request({ case: "export", value: again })));
    expect(job).toMatchObject({ state: JobState.DONE, objects: 1n });
    expect(await db.selectFrom("versions").selectAll().execute()).toHaveLength(1);
    const none = create(ExportWorkSchema, { format: AnnotationFormat.COCO, version: 9 });
    const failed = await ended(running, await running.jobs.start(who, stage.request({ case: "export", value: none })));
    expect(failed).toMatchObject({ state: JobState.FAILED, message: "The data set has no version 9." });
  });
});
