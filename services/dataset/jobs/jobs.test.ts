import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { create } from "@bufbuild/protobuf";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import {
  AutomaticWorkSchema,
  type DatasetJob,
  EverythingMode,
  Gear,
  JobControl,
  JobState,
  ObjectState,
  PrefillWorkSchema,
} from "../../../proto/index.js";
import { Code, invalidArgument, ServiceError } from "../../runtime/errors.js";
import type { Database } from "../database/database.js";
import { TestServer } from "../testing/test-server.js";
import type { RunningJobs } from "./create-jobs.js";
import { itemsLeft } from "./items-left.js";
import { FakeEngine } from "./testing/fake-engine.js";
import { imageIdAt, JobStage, who } from "./testing/job-stage.js";

const workerEntry = fileURLToPath(new URL("./testing/job-worker.js", import.meta.url));

let server: TestServer;
let database: Database;
beforeAll(async () => {
  server = await TestServer.start();
  database = await server.database();
  return () => server.close();
});

let stage: JobStage;
let engine: FakeEngine;
async function open(pictures: number): Promise<RunningJobs> {
  stage = await JobStage.open(database, pictures);
  engine = new FakeEngine();
  return stage.process(engine);
}
afterEach(() => stage[Symbol.asyncDispose]());

const automatic = (settings = {}) => ({
  case: "automatic" as const,
  value: create(AutomaticWorkSchema, settings),
});

/** The job when it is as wanted; watched, not asked for again and again. */
async function until(
  { jobs }: RunningJobs,
  { id }: { id: string },
  is: (job: DatasetJob) => boolean,
): Promise<DatasetJob> {
  const { signal } = new AbortController();
  for await (const job of jobs.watch(who, { dataset: stage.dataset.id, job: id }, signal)) if (is(job)) return job;
  throw new Error("the job ended otherwise");
}
const hasEnded = ({ endedAt }: DatasetJob) => endedAt !== undefined;
const ref = (id: string) => ({ dataset: stage.dataset.id, job: id });

describe("automatic work", () => {
  it("makes objects of every picture as SA-1B's were made, and says how they came about", async () => {
    const running = await open(7);
    await running.run();
    const started = await running.jobs.start(who, stage.request(automatic({ label: 4 })));
    expect(started).toMatchObject({ state: JobState.WAITING, createdBy: "ann", dataset: stage.dataset.id });
    const job = await until(running, started, hasEnded);
    expect(job).toMatchObject({ state: JobState.DONE, total: 7n, done: 7n, failed: 0n, objects: 14n, message: "" });
    expect(await stage.objects()).toEqual(Array(7).fill(2));
    expect(engine.asked[0]).toMatchObject({
      mode: EverythingMode.EXHAUSTIVE,
      pointsPerSide: 32,
      cropNLayers: 2,
      cropNPointsDownscaleFactor: 2,
      minMaskRegionArea: 100,
      model: "tiny",
    });
    const { db } = stage.database;
    const [object] = await db.selectFrom("objects").selectAll().execute();
    expect(object).toMatchObject({ state: ObjectState.ACCEPTED, gear: Gear.AUTOMATIC, label: 4, person: "ann" });
  });

  it("takes the pictures that its filter takes, and its own settings", async () => {
    const running = await open(4);
    await running.run();
    const work = automatic({ filter: { splits: ["val"] }, settings: { pointsPerSide: 8 }, mostOfPicture: 1 });
    await until(running, await running.jobs.start(who, stage.request(work)), hasEnded);
    expect(await stage.objects()).toEqual([0, 3, 0, 3]);
    expect(engine.asked[0]).toMatchObject({ pointsPerSide: 8, mode: EverythingMode.UNSPECIFIED });
  });

  it("is over at once where there is no picture", async () => {
    const running = await open(0);
    await running.run();
    const job = await until(running, await running.jobs.start(who, stage.request(automatic())), hasEnded);
    expect(job).toMatchObject({ state: JobState.DONE, total: 0n });
  });

  it("is one job by its key for all who start it at one moment", async () => {
    const { jobs } = await open(1);
    const started = await Promise.all(
      Array.from({ length: 8 }, () => jobs.start(who, stage.request(automatic(), "at once"))),
    );
    expect(new Set(started.map(({ id }) => id)).size).toBe(1);
  });

  it("makes nothing twice when it is done twice, and is one job by its key", async () => {
    const running = await open(3);
    await running.run();
    const first = await running.jobs.start(who, stage.request(automatic(), "mine"));
    expect((await running.jobs.start(who, stage.request(automatic(), "mine"))).id).toBe(first.id);
    await until(running, first, hasEnded);
    const second = await running.jobs.start(who, stage.request(automatic()));
    expect(await until(running, second, hasEnded)).toMatchObject({ state: JobState.DONE, objects: 0n });
    expect(await stage.objects()).toEqual([2, 2, 2]);
  });
});

it("prefilling leaves the decision to people, and names what words have found", async () => {
  const running = await open(1);
  await running.run();
  const work = { case: "prefill" as const, value: create(PrefillWorkSchema, { label: 4 }) };
  await until(running, await running.jobs.start(who, stage.request(work)), hasEnded);
  const objects = await stage.database.db.selectFrom("objects").selectAll().execute();
  expect(objects).toMatchObject(Array(2).fill({ state: ObjectState.PROPOSED, gear: Gear.SEMI_AUTOMATIC, label: 4 }));
});

describe("people", () => {
  it("see only their tenant's jobs, by the id or the name of the data set", async () => {
    const running = await open(1);
    const { id } = await running.jobs.start(who, stage.request(automatic()));
    const stranger = { tenant: "other", person: "eve" };
    await expect(running.jobs.get(stranger, ref(id))).rejects.toMatchObject({ code: Code.NOT_FOUND });
    await expect(running.jobs.start(stranger, stage.request(automatic()))).rejects.toMatchObject({
      code: Code.NOT_FOUND,
    });
    await expect(running.jobs.get(who, ref("no"))).rejects.toMatchObject({ code: Code.NOT_FOUND });
    expect((await running.jobs.get(who, ref(id))).id).toBe(id);
  });

  it("list jobs page by page, the newest first", async () => {
    const running = await open(0);
    const ids: string[] = [];
    for (let count = 0; count < 3; count++) ids.unshift((await running.jobs.start(who, stage.request(automatic()))).id);
    const pages: string[][] = [];
    for (let page = ""; ; ) {
      const list = await running.jobs.list(who, { dataset: stage.dataset.id, pageSize: 2, page });
      pages.push(list.jobs.map(({ id }) => id));
      page = list.nextPage;
      if (page === "") break;
    }
    expect(pages).toEqual([ids.slice(0, 2), ids.slice(2)]);
  });

  it("pause a job, which then waits, go on with it and cancel it", async () => {
    const running = await open(150);
    const { jobs } = running;
    let looks = 0;
    const paused = new Promise<void>((resolve) => {
      engine = new FakeEngine();
      engine.onLook = async () => {
        if (++looks === 10) resolve();
      };
    });
    const worker = await stage.process(engine);
    await worker.run();
    const { id } = await jobs.start(who, stage.request(automatic()));
    await paused;
    const control = (one: JobControl) => jobs.control(who, { ...ref(id), control: one });
    expect(await control(JobControl.PAUSE)).toMatchObject({ state: JobState.PAUSED });
    const idle = () =>
      stage.database.db
        .selectFrom("job_items")
        .select(({ fn }) => fn.countAll<bigint>().as("n"))
        .where("state", "=", 3)
        .executeTakeFirstOrThrow();
    await expect.poll(async () => Number((await idle()).n)).toBe(0);
    const { done } = await jobs.get(who, ref(id));
    expect(done).toBeLessThan(150n);
    await control(JobControl.RESUME);
    await until(worker, { id }, (job) => job.done > done);
    expect(await control(JobControl.CANCEL)).toMatchObject({ state: JobState.CANCELLED });
    await expect(control(JobControl.RESUME)).rejects.toMatchObject({ code: Code.FAILED_PRECONDITION });
    await expect.poll(async () => Number((await idle()).n)).toBe(0);
    const { objects } = await jobs.get(who, ref(id));
    expect((await stage.objects()).reduce((sum, n) => sum + n, 0)).toBe(Number(objects));
  });

  it("see what has failed and why, and try it once more", async () => {
    const running = await open(4);
    const { jobs } = running;
    let isMended = false;
    engine.onLook = (imageId) => {
      if (imageId === imageIdAt(2) && !isMended) throw invalidArgument("The picture is damaged.");
    };
    await running.run();
    const { id } = await jobs.start(who, stage.request(automatic()));
    expect(await until(running, { id }, hasEnded)).toMatchObject({
      state: JobState.DONE_WITH_PROBLEMS,
      done: 3n,
      failed: 1n,
    });
    const { problems } = await jobs.problems(who, { ...ref(id), pageSize: 0, page: "" });
    expect(problems).toMatchObject([{ file: "0002.png", line: 0, reason: "The picture is damaged." }]);
    isMended = true;
    expect(await jobs.control(who, { ...ref(id), control: JobControl.RETRY_FAILED })).toMatchObject({ failed: 0n });
    expect(await until(running, { id }, hasEnded)).toMatchObject({ state: JobState.DONE, done: 4n, failed: 0n });
    expect(await stage.objects()).toEqual([2, 2, 2, 2]);
    expect((await jobs.problems(who, { ...ref(id), pageSize: 0, page: "" })).problems).toEqual([]);
  });

  it("see what a job waits for, and that is no fault of its pictures", async () => {
    const running = await open(2);
    let isBack = false;
    const message = "No encoder can be reached.";
    engine.onLook = () => {
      if (!isBack) throw new ServiceError({ code: Code.UNAVAILABLE, message });
    };
    await running.run();
    const { id } = await running.jobs.start(who, stage.request(automatic()));
    await until(running, { id }, (job) => job.message === message);
    isBack = true;
    expect(await until(running, { id }, hasEnded)).toMatchObject({ state: JobState.DONE, message: "", failed: 0n });
  });

  it("see that a job waits for servers that have not been reached, and for no other model in place of theirs", async () => {
    const running = await open(2);
    engine.hasHeard = false;
    await running.run();
    const { id } = await running.jobs.start(who, stage.request(automatic()));
    await until(running, { id }, ({ message }) =>
      message.startsWith("Not every server of the model's has been reached"),
    );
    engine.hasHeard = true;
    expect(await until(running, { id }, hasEnded)).toMatchObject({ state: JobState.DONE, message: "", failed: 0n });
    const other = await running.jobs.start(who, stage.request(automatic({ settings: { model: "none" } })));
    expect(await until(running, other, hasEnded)).toMatchObject({ failed: 2n });
  });
});

describe("what operators see", () => {
  it("items are counted by their job's kind and what came of each try, its plan among them", async () => {
    const running = await open(3);
    engine.onLook = (imageId) => {
      if (imageId === imageIdAt(0)) throw invalidArgument("The picture is damaged.");
      if (imageId === imageIdAt(1)) throw new ServiceError({ code: Code.INTERNAL, message: "By chance." });
    };
    await running.run();
    await until(running, await running.jobs.start(who, stage.request(automatic())), hasEnded);
    // The first try and four more, then it is given up as the other was at once.
    await expect
      .poll(() => stage.counted)
      .toEqual({ "automatic done": 2, "automatic failed": 2, "automatic retried": 5 });
  });

  it("what is left is of jobs that have not ended", async () => {
    const running = await open(3);
    const { db } = stage.database;
    expect(await itemsLeft(db)).toBe(0);
    engine.onLook = (imageId, { signal }) =>
      imageId === imageIdAt(0)
        ? undefined
        : new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    await running.run();
    const { id } = await running.jobs.start(who, stage.request(automatic()));
    await until(running, { id }, ({ done }) => done === 1n);
    expect(await itemsLeft(db)).toBe(2);
    await running.jobs.control(who, { ...ref(id), control: JobControl.CANCEL });
    expect(await itemsLeft(db)).toBe(0);
  });
});

describe("several processes", () => {
  it("share a job's pictures, each done once", async () => {
    const running = await open(24);
    await running.run();
    const other = new FakeEngine();
    // The first does not do all of them before the other is there.
    const begun = new Promise<void>((resolve) => {
      other.onLook = async () => resolve();
    });
    engine.onLook = () => begun;
    await (await stage.process(other)).run();
    const job = await until(running, await running.jobs.start(who, stage.request(automatic())), hasEnded);
    expect(job).toMatchObject({ state: JobState.DONE, done: 24n, objects: 48n });
    expect(await stage.objects()).toEqual(Array(24).fill(2));
    const looks = [engine, other].map(({ looks: all }) => [...all.values()].reduce((sum, n) => sum + n, 0));
    expect(looks[0]! + looks[1]!).toBe(24);
    expect(Math.min(...looks)).toBeGreaterThan(0);
  });

  it("go on with what one had that was told to stop", async () => {
    const running = await open(5);
    const begun = new Promise<void>((resolve) => {
      engine.onLook = (_imageId, { signal }) =>
        new Promise((_, reject) => {
          resolve();
          signal.addEventListener("abort", () => reject(signal.reason));
        });
    });
    await running.run();
    const { id } = await running.jobs.start(who, stage.request(automatic()));
    await begun;
    await running[Symbol.asyncDispose]();
    const next = await stage.process(new FakeEngine());
    await next.run();
    expect(await until(next, { id }, hasEnded)).toMatchObject({ state: JobState.DONE, done: 5n });
    const attempts = await stage.database.db.selectFrom("job_items").select("attempts").execute();
    expect(attempts.every((one) => one.attempts === 0)).toBe(true);
  });

  it("write a picture once when two have done it", async () => {
    const running = await open(1);
    await running.run();
    const doubled = stage.database.db;
    engine.onLook = async () => {
      // As if it had been given back and done by another meanwhile.
      await doubled.updateTable("job_items").set({ state: 1 }).where("item", ">", 0n).execute();
    };
    const { id } = await running.jobs.start(who, stage.request(automatic()));
    await expect
      .poll(async () => (await doubled.selectFrom("job_claims").selectAll().execute()).length + engine.asked.length)
      .toBe(1);
    expect(await stage.objects()).toEqual([0]);
    expect((await running.jobs.get(who, ref(id))).objects).toBe(0n);
  });
});

describe("what is lost on the way", () => {
  it("a process that is killed leaves nothing undone and nothing done twice", async () => {
    const running = await open(30);
    const { id } = await running.jobs.start(who, stage.request(automatic()));
    const killed: number[] = [];
    for (let kills = 0; kills < 3; kills++) {
      const child = spawn(process.execPath, [workerEntry, stage.database.url, stage.folder], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let looks = 0;
      for await (const _ of createInterface({ input: child.stdout })) if (++looks === 4 + kills) child.kill("SIGKILL");
      killed.push(looks);
    }
    expect(Math.min(...killed)).toBeGreaterThan(0);
    await running.run();
    expect(await until(running, { id }, hasEnded)).toMatchObject({ state: JobState.DONE, done: 30n, objects: 60n });
    expect(await stage.objects()).toEqual(Array(30).fill(2));
    expect(await stage.database.db.selectFrom("job_claims").selectAll().execute()).toEqual([]);
  });

  it("a database that is gone for a while is waited for, with the work that was done meanwhile", async () => {
    const running = await open(30);
    let looks = 0;
    let lost: Promise<void> | undefined;
    const gone = new Promise<void>((resolve) => {
      engine.onLook = async () => {
        if (++looks !== 10) return;
        lost = server.lose();
        await lost;
        resolve();
      };
    });
    await running.run();
    const { id } = await running.jobs.start(who, stage.request(automatic()));
    await gone;
    await expect(running.jobs.get(who, ref(id))).rejects.toMatchObject({
      code: Code.UNAVAILABLE,
      reason: "DATABASE_LOST",
    });
    await server.comeBack();
    expect(await until(running, { id }, hasEnded)).toMatchObject({ state: JobState.DONE, done: 30n, objects: 60n });
    expect(await stage.objects()).toEqual(Array(30).fill(2));
  });

  it("an answer that does not come leaves no picture with a process that is not at it", async () => {
    const running = await open(3);
    const { database } = stage;
    const transaction = database.transaction.bind(database);
    const isClaim = (result: unknown) => (result as { job?: { id?: string } } | undefined)?.job?.id !== undefined;
    let lost = 0;
    const spy = vi.spyOn(database, "transaction").mockImplementation(async (work) => {
      const result = await transaction(work);
      if (!isClaim(result) || lost++ > 0) return result;
      throw new ServiceError({ code: Code.UNAVAILABLE, reason: "DATABASE_LOST", message: "The answer was lost." });
    });
    try {
      await running.run();
      const { id } = await running.jobs.start(who, stage.request(automatic()));
      expect(await until(running, { id }, hasEnded)).toMatchObject({ state: JobState.DONE, done: 3n, objects: 6n });
      expect(lost).toBeGreaterThan(1);
    } finally {
      spy.mockRestore();
    }
  });

  it("a picture at which every process ends is given up, and the others are done", async () => {
    const running = await open(3);
    const { db } = stage.database;
    engine.onLook = async (imageId) => {
      if (imageId !== imageIdAt(1)) return;
      // As if whoever has it were gone.
      await db.updateTable("job_claims").set({ holder: 1 }).execute();
      throw new Error("no more");
    };
    await running.run();
    const { id } = await running.jobs.start(who, stage.request(automatic()));
    expect(await until(running, { id }, hasEnded)).toMatchObject({
      state: JobState.DONE_WITH_PROBLEMS,
      done: 2n,
      failed: 1n,
    });
    expect(await stage.objects()).toEqual([2, 0, 2]);
  });
});
