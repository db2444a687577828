import { create } from "@bufbuild/protobuf";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type DatasetJob,
  Gear,
  JobState,
  ObjectState,
  PreviousStepSchema,
  ProvenanceSchema,
  ReplayWorkSchema,
} from "../../../proto/index.js";
import { Code, invalidArgument } from "../../runtime/errors.js";
import type { Database } from "../database/database.js";
import { revisionKinds } from "../database/schema.js";
import { addObjects } from "../objects/add-objects.js";
import { TestServer } from "../testing/test-server.js";
import type { RunningJobs } from "./create-jobs.js";
import { columns, FakeEngine, maskOf } from "./testing/fake-engine.js";
import { JobStage, who } from "./testing/job-stage.js";

let server: TestServer;
let database: Database;
beforeAll(async () => {
  server = await TestServer.start();
  database = await server.database();
  return () => server.close();
});

let stage: JobStage;
let engine: FakeEngine;
let running: RunningJobs;
/** Of one picture, each with columns 0 to 4: clicked twice, found by a point, and brought in. */
let objects: bigint[];
beforeEach(async () => {
  stage = await JobStage.open(database, 2);
  engine = new FakeEngine();
  running = await stage.process(engine);
  await running.run();
  const { id: picture } = await stage.database.db
    .selectFrom("pictures")
    .select("id")
    .orderBy("id")
    .limit(1)
    .executeTakeFirstOrThrow();
  const step = (x: number) =>
    create(PreviousStepSchema, { prompt: { points: [{ x, y: 1, label: 1 }] }, multimask: true, mask: 1 });
  const made = { picture, label: 4, rle: columns(0, 4), state: ObjectState.ACCEPTED };
  objects = await stage.database.transaction((trx) =>
    addObjects(trx, stage.dataset.key, "ben", [
      { ...made, provenance: create(ProvenanceSchema, { gear: Gear.ASSISTED, prompts: [step(1), step(2)] }) },
      { ...made, provenance: create(ProvenanceSchema, { gear: Gear.AUTOMATIC, point: { x: 3, y: 3, label: 1 } }) },
      { ...made, provenance: create(ProvenanceSchema, { gear: Gear.IMPORTED, source: "a.json", sourceId: "7" }) },
    ]),
  );
});
afterEach(() => stage[Symbol.asyncDispose]());

async function replay(): Promise<DatasetJob> {
  const work = { case: "replay" as const, value: create(ReplayWorkSchema) };
  const { id } = await running.jobs.start(who, stage.request(work));
  const { signal } = new AbortController();
  for await (const job of running.jobs.watch(who, { dataset: stage.dataset.id, job: id }, signal)) {
    if (job.endedAt) return job;
  }
  throw new Error("the job did not end");
}

const list = ({ id: job }: DatasetJob, pageSize = 0, page = "") =>
  running.replays.list(who, { dataset: stage.dataset.id, job, pageSize, page });
const accept = ({ id: job }: DatasetJob, which: { leastIou?: number; objects?: bigint[] }) =>
  running.replays.accept(who, { dataset: stage.dataset.id, job, leastIou: 0, objects: [], ...which });

describe("a replay", () => {
  it("asks each object's own prompts, or by the point that found it, or its box and mask", async () => {
    await replay();
    const [clicked, found, brought] = engine.segmented;
    expect(clicked?.prompt).toMatchObject({ points: [{ x: 2 }], mask: { source: { case: "previous" } } });
    expect(clicked?.prompt?.mask?.source.value).toMatchObject({ sequence: 1, mask: 1, steps: [{ mask: 1 }] });
    expect(found).toMatchObject({ prompt: { points: [{ x: 3, y: 3 }] }, multimask: true });
    expect(brought?.prompt).toMatchObject({ box: { x0: 0, y0: 0, x1: 4, y1: 10 }, mask: { source: { case: "rle" } } });
  });

  it("tells the worst first, page by page, with the mask that is most like the old one", async () => {
    let asked = 0;
    engine.answer = () => [maskOf(6, 8), maskOf(0, [4, 1, 2][asked++] ?? 1)];
    const job = await replay();
    expect(job).toMatchObject({ state: JobState.DONE, total: 2n, done: 2n, objects: 3n });
    const first = await list(job, 2);
    expect(first.replays.map(({ iou }) => iou)).toEqual([0.25, 0.5]);
    const second = await list(job, 2, first.nextPage);
    expect(second.replays.map(({ iou }) => iou)).toEqual([1]);
    expect(second.nextPage).toBe("");
    expect(first.replays[0]).toMatchObject({
      before: { id: objects[1], area: 40 },
      after: { id: objects[1], area: 10, provenance: { gear: Gear.AUTOMATIC, model: "tiny", weights: "ab" } },
      accepted: false,
    });
    expect((await list(job)).replays.find((one) => one.before?.id === objects[2])?.after?.provenance).toMatchObject({
      source: "a.json",
      prompts: [{ prompt: { box: { x1: 4 } } }],
    });
  });

  it("is accepted above a threshold or by name, once, and never over what somebody has changed since", async () => {
    let asked = 0;
    engine.answer = () => [maskOf(0, [4, 1, 2][asked++] ?? 1)];
    const job = await replay();
    await expect(accept(job, {})).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
    const { db } = stage.database;
    expect(await accept(job, { leastIou: 0.5 })).toEqual({ accepted: 2, conflicts: 0 });
    // It is nobody's work in the statistics.
    const made = await stage.database.db
      .selectFrom("object_revisions")
      .select("kind")
      .where("dataset", "=", stage.dataset.key)
      .where("revision", "=", 2)
      .execute();
    expect(made.map(({ kind }) => kind)).toEqual([revisionKinds.brought, revisionKinds.brought]);
    expect(await accept(job, { leastIou: 0.5 })).toEqual({ accepted: 0, conflicts: 0 });
    const areas = async () =>
      (await db.selectFrom("objects").select(["area", "revision"]).orderBy("id").execute()).map(
        ({ area, revision }) => `${area} at ${revision}`,
      );
    expect(await areas()).toEqual(["40 at 2", "40 at 1", "20 at 2"]);
    await db.updateTable("objects").set({ revision: 5 }).where("id", "=", objects[1]!).execute();
    expect(await accept(job, { objects: [objects[1]!] })).toEqual({ accepted: 0, conflicts: 1 });
    expect(await areas()).toEqual(["40 at 2", "40 at 5", "20 at 2"]);
  });

  it("goes on with the rest where a model cannot be asked for one, and names that", async () => {
    engine.answer = ({ prompt }) => {
      if (prompt?.box) throw invalidArgument("The model takes no boxes.");
      return [maskOf(0, 4)];
    };
    const job = await replay();
    expect(job).toMatchObject({ state: JobState.DONE_WITH_PROBLEMS, objects: 2n });
    const { problems } = await running.jobs.problems(who, {
      dataset: stage.dataset.id,
      job: job.id,
      pageSize: 0,
      page: "",
    });
    expect(problems).toMatchObject([{ file: "0000.png", reason: `Object ${objects[2]}: The model takes no boxes.` }]);
  });
});
