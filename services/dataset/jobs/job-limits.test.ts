import { create } from "@bufbuild/protobuf";
import { afterEach, beforeAll, expect, it } from "vitest";
import { AutomaticWorkSchema, type DatasetJob, JobControl, JobState } from "../../../proto/index.js";
import type { Principal } from "../../runtime/callers/principal.js";
import { noQuota, type Quota } from "../../runtime/callers/quota.js";
import { toStarterLimits } from "../../runtime/callers/starter-limits.js";
import type { Database } from "../database/database.js";
import { TestServer } from "../testing/test-server.js";
import type { RunningJobs } from "./create-jobs.js";
import { FakeEngine } from "./testing/fake-engine.js";
import { imageIdAt, JobStage, who } from "./testing/job-stage.js";

let database: Database;
beforeAll(async () => {
  const server = await TestServer.start();
  database = await server.database();
  return () => server.close();
});

/** Lets through so many encodes of those who have a limit, in one count for all processes. */
class FewEncodes implements Quota {
  left: number;
  /** Nobody looks after a shorter time than this. */
  waitMs = 150;
  readonly asked: Principal[] = [];
  readonly #rest = noQuota;

  constructor(left: number) {
    this.left = left;
  }

  tryTake(principal: Principal, name: string, amount: number): number {
    this.asked.push(principal);
    const isLimited =
      principal.limits.encodesPerHour !== undefined || principal.tenantLimits?.encodesPerHour !== undefined;
    if (name !== "encodesPerHour" || !isLimited) return 0;
    if (this.left < amount) return this.waitMs;
    this.left -= amount;
    return 0;
  }

  correct(_principal: Principal, _name: string, amount: number): void {
    this.left -= amount;
  }

  holdSession = this.#rest.holdSession;
  usageOf = this.#rest.usageOf;
  usageOfTenant = this.#rest.usageOfTenant;
}

let stage: JobStage;
afterEach(() => stage[Symbol.asyncDispose]());

const automatic = { case: "automatic" as const, value: create(AutomaticWorkSchema) };
const limited = () =>
  Object.assign(stage.request(automatic), { limits: toStarterLimits({ limits: { encodesPerHour: 2 } }) });

async function until({ jobs }: RunningJobs, { id }: DatasetJob, is: (job: DatasetJob) => boolean): Promise<DatasetJob> {
  const { signal } = new AbortController();
  for await (const job of jobs.watch(who, { dataset: stage.dataset.id, job: id }, signal)) if (is(job)) return job;
  throw new Error("the job ended otherwise");
}
const isHeld = ({ heldUntil }: DatasetJob) => heldUntil !== undefined;
const hasEnded = ({ endedAt }: DatasetJob) => endedAt !== undefined;

it("Q1: a job that has used up its starter's encodes waits, says until when, and goes on by itself, whoever runs it", async () => {
  stage = await JobStage.open(database, 5);
  const quota = new FewEncodes(2);
  const door = await stage.process(new FakeEngine());
  const started = await door.jobs.start(who, limited());
  // Another process than the one that was asked.
  const engine = new FakeEngine();
  const worker = await stage.process(engine, { quota });
  await worker.run();
  const held = await until(worker, started, (job) => isHeld(job) && job.done === 2n);
  expect(held).toMatchObject({ state: JobState.RUNNING, failed: 0n });
  expect(held.message).toMatch(
    /encoded pictures an hour \(encodesPerHour\); .* at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\.$/,
  );
  expect(engine.looks.size).toBe(2);
  expect(quota.asked[0]).toMatchObject({ id: "ann", tenant: "acme", limits: { encodesPerHour: 2 } });
  quota.left = 3;
  const done = await until(worker, started, hasEnded);
  expect(done).toMatchObject({ state: JobState.DONE, done: 5n, failed: 0n, objects: 10n, message: "" });
  expect(done.heldUntil).toBeUndefined();
  expect(await stage.objects()).toEqual(Array(5).fill(2));
  // No item was tried in vain.
  expect(stage.counted).toEqual({ "automatic done": 6 });
});

it("Q1: holds up nobody else's job, and can be cancelled while it waits", async () => {
  stage = await JobStage.open(database, 4);
  const quota = new FewEncodes(1);
  quota.waitMs = 3_600_000;
  const running = await stage.process(new FakeEngine(), { quota });
  await running.run();
  const started = await running.jobs.start(who, limited());
  const held = await until(running, started, isHeld);
  expect(Number(held.heldUntil?.seconds) * 1000).toBeGreaterThan(Date.now() + 3_000_000);
  const other = await running.jobs.start({ ...who, person: "bob" }, stage.request(automatic));
  expect(await until(running, other, hasEnded)).toMatchObject({ state: JobState.DONE, done: 4n });
  const cancelled = await running.jobs.control(who, {
    dataset: stage.dataset.id,
    job: started.id,
    control: JobControl.CANCEL,
  });
  expect(cancelled).toMatchObject({ state: JobState.CANCELLED, message: "" });
  expect(isHeld(cancelled)).toBe(false);
});

it("Q1: what is encoded already counts for nothing", async () => {
  stage = await JobStage.open(database, 3);
  const quota = new FewEncodes(2);
  const engine = new FakeEngine();
  for (const at of [0, 1]) engine.encoded.add(imageIdAt(at));
  const running = await stage.process(engine, { quota });
  await running.run();
  const job = await until(running, await running.jobs.start(who, limited()), hasEnded);
  expect(job).toMatchObject({ state: JobState.DONE, done: 3n });
  expect(quota.left).toBe(1);
});
