import { create } from "@bufbuild/protobuf";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { ImportWorkSchema, ObjectState } from "../../../../proto/index.js";
import type { Database } from "../../database/database.js";
import type { FoundObject } from "../../formats/types.js";
import { changeObjects } from "../../objects/change-objects.js";
import type { ObjectRow, Step } from "../../objects/next-revision.js";
import { TestServer } from "../../testing/test-server.js";
import { waiting } from "../../testing/waiting.js";
import type { RunningJobs } from "../create-jobs.js";
import { type Job, readJob } from "../job.js";
import { columns, FakeEngine } from "../testing/fake-engine.js";
import { JobStage, who } from "../testing/job-stage.js";
import { writeBatch } from "./import-batch.js";

let server: TestServer;
let database: Database;
beforeAll(async () => {
  server = await TestServer.start();
  database = await server.database();
  return () => server.close();
});

let stage: JobStage;
let running: RunningJobs;
beforeEach(async () => {
  stage = await JobStage.open(database, 1);
  running = await stage.process(new FakeEngine());
});
afterEach(() => stage[Symbol.asyncDispose]());

/** A job that nobody is at. */
async function newJob(): Promise<Job> {
  const source = { case: "s3" as const, value: "s3://bring/" };
  const value = create(ImportWorkSchema, { source });
  const { id } = await running.jobs.start(who, stage.request({ case: "import", value }));
  const job = await readJob(database.db, id);
  if (!job) throw new Error("there is no job");
  return job;
}

const found = (ownId: string, x: number): FoundObject => ({
  kind: "object",
  picture: "0000.png",
  rle: columns(x, x + 1),
  label: "Cup",
  attributes: {},
  file: "a.json",
  sourceId: ownId,
  ownId,
});

/** One batch of a job's file, in a transaction of its own. */
async function bring(job: Job, objects: readonly FoundObject[]) {
  const absent = [{ kind: "picture" as const, name: "0000.png", attributes: {} }];
  const batch = { prepared: [], refused: [], absent, objects, problems: [] };
  const work = create(ImportWorkSchema);
  return (await database.transaction((trx) => writeBatch(trx, job, work, batch, new Map()))).counts;
}

/** First column, state and revision of each, by id. */
const now = async () =>
  (await rows()).map(({ x, state, revision }) => [x, state === ObjectState.DELETED ? "deleted" : "there", revision]);
const rows = () =>
  database.db.selectFrom("objects").selectAll().where("dataset", "=", stage.dataset.key).orderBy("id").execute();

/** What Ann does to one of them. @param meanwhile before others see it. */
async function change(at: number, step: Step, meanwhile = async () => {}): Promise<void> {
  const { id: object, revision } = (await rows())[at] as ObjectRow;
  await database.transaction(async (trx) => {
    const changes = [{ kind: "step" as const, object, revision, step }];
    const [outcome] = await changeObjects(trx, { set: stage.dataset.key, person: "ann" }, changes);
    expect(outcome?.problem).toBeUndefined();
    await meanwhile();
  });
}

const remove: Step = { kind: "delete" };
const draw = (x: number): Step => ({
  kind: "patch",
  label: undefined,
  rle: columns(x, x + 1),
  state: ObjectState.UNSPECIFIED,
  reason: undefined,
  provenance: undefined,
  attributes: {},
});

it("an import that begins again leaves what people have deleted or corrected as it did the first time", async () => {
  const file = (shift: number) => ["1", "2", "3"].map((id, at) => found(id, 3 * at + shift));
  await bring(await newJob(), file(0));
  await change(0, remove);
  await change(1, draw(5));
  const second = await newJob();
  for (const _ of ["at first", "again"]) {
    expect(await bring(second, file(1))).toEqual({ repeated: 0, replaced: 1, left: 2 });
    expect(await now()).toEqual([
      [0, "deleted", 2],
      [5, "there", 2],
      [7, "there", 2],
    ]);
  }
  // An id that its file has twice is still another object, and one alone.
  for (const repeated of [0, 1]) {
    expect(await bring(second, [found("1", 9)])).toEqual({ repeated, replaced: 0, left: 0 });
    expect(await rows()).toHaveLength(4);
  }
});

it.each(["corrects", "deletes"])("what a person %s while an import looks at it stays theirs", async (what) => {
  await bring(await newJob(), [found("1", 0)]);
  const second = await newJob();
  let brought: ReturnType<typeof bring> | undefined;
  await change(0, what === "deletes" ? remove : draw(5), async () => {
    brought = bring(second, [found("1", 1)]);
    await expect.poll(() => waiting(database)).toBe(1);
  });
  expect(await brought).toEqual({ repeated: 0, replaced: 0, left: 1 });
  expect(await now()).toEqual([what === "deletes" ? [0, "deleted", 2] : [5, "there", 2]]);
});
