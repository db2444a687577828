import { create } from "@bufbuild/protobuf";
import { type KyselyPlugin, sql } from "kysely";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import {
  ImportWorkSchema,
  ObjectState,
  UpdateSequenceRequestSchema,
  UpdateTrackRequestSchema,
} from "../../../../proto/index.js";
import type { Database } from "../../database/database.js";
import { lockAlone } from "../../database/set-lock.js";
import type { FoundFrame, FoundObject } from "../../formats/types.js";
import { insertSequence } from "../../sequences/sequence-rows.js";
import { Sequences } from "../../sequences/sequences.js";
import { Tracks } from "../../sequences/tracks.js";
import { TestServer } from "../../testing/test-server.js";
import { waiting } from "../../testing/waiting.js";
import { type Job, readJob } from "../job.js";
import { columns, FakeEngine } from "../testing/fake-engine.js";
import { JobStage, who } from "../testing/job-stage.js";
import { writeBatch } from "./import-batch.js";
import { placeFound } from "./import-frames.js";

let server: TestServer;
let database: Database;
beforeAll(async () => {
  server = await TestServer.start();
  database = await server.database();
  return () => server.close();
});

let stage: JobStage;
let job: Job;
beforeEach(async () => {
  stage = await JobStage.open(database, 4);
  const running = await stage.process(new FakeEngine());
  const value = create(ImportWorkSchema, { source: { case: "s3", value: "s3://bring/" } });
  const { id } = await running.jobs.start(who, stage.request({ case: "import", value }));
  job = (await readJob(database.db, id)) as Job;
});
afterEach(() => stage[Symbol.asyncDispose]());

const nameOf = (at: number) => `${String(at).padStart(4, "0")}.png`;

/** An object of the track "one" unless it says another, its mask's first column `x`. */
const found = (at: number, x: number, more: Partial<FoundObject> = {}): FoundObject => ({
  kind: "object",
  picture: nameOf(at),
  rle: columns(x, x + 1),
  attributes: {},
  file: "a.json",
  sourceId: `${at} ${x}`,
  track: "one",
  ...more,
});

/** The set's pictures as frames of a video, and their objects, in one batch. @returns what is told. */
async function bring(frames: readonly Partial<FoundFrame>[], objects: readonly FoundObject[] = []): Promise<string[]> {
  const absent = frames.map((frame, at) => ({
    ...{ kind: "picture" as const, name: nameOf(at), attributes: {} },
    frame: { sequence: "yard", number: at, ...frame },
  }));
  const batch = { prepared: [], refused: [], absent, objects, problems: [] };
  await database.db.deleteFrom("job_problems").execute();
  await database.transaction((trx) => writeBatch(trx, job, create(ImportWorkSchema), batch, new Map()));
  return (await database.db.selectFrom("job_problems").select("reason").execute()).map(({ reason }) => reason);
}

/** Sequence, number, track, label, first column: of pictures that are frames, and of objects. */
async function kept() {
  const { rows } = await sql<Record<string, unknown>>`
    select s.name as video, p.frame, t.name as track, o.label, o.x
    from pictures p left join sequences s on s.id = p.sequence
    left join objects o on o.picture = p.id and o.state <> ${ObjectState.DELETED} left join tracks t on t.id = o.track
    where p.dataset = ${stage.dataset.key} and (s.id is not null or o.id is not null) order by p.id, o.x`.execute(
    database.db,
  );
  return rows.map((row) => Object.values(row));
}

const all = (table: "sequences" | "tracks") =>
  database.db.selectFrom(table).selectAll().where("dataset", "=", stage.dataset.key).orderBy("id").execute();
const names = async (table: "sequences" | "tracks") => (await all(table)).map(({ name }) => name);

it("what is no frame's number is told, and the rest comes; what is no video's rate is not known", async () => {
  const numbers = [1.5, -1, 3e9, 7].map((number) => ({ number, frameRate: 1e39 }));
  expect(await bring(numbers, [found(1, 0), found(3, 2)])).toEqual(
    ["1.5", "-1", "3000000000"].map(
      (number) => `A frame's number is whole, from 0 to at most 2147483647; ${number} is not.`,
    ),
  );
  expect(await kept()).toEqual([
    [null, null, null, 0, 0],
    ["yard", 7, "one", 0, 2],
  ]);
  expect(await all("sequences")).toMatchObject([{ frame_rate: 0 }]);
});

it("frames are put in their places by as many questions as one is, and each that has none there is told", async () => {
  const asked = async (count: number) => {
    let questions = 0;
    const counting: KyselyPlugin = {
      transformQuery: ({ node }) => {
        questions++;
        return node;
      },
      transformResult: async ({ result }) => result,
    };
    const frames = [3, 5, 5, 9].slice(0, count).map((number) => ({ sequence: `${count} frames`, number }));
    const told: string[] = [];
    await database.transaction(async (trx) => {
      const { rows } = await sql<{ id: bigint; name: string; split: string; sequence: bigint | null }>`
        update pictures set sequence = null, frame = null where dataset = ${stage.dataset.key}
        returning id, name, split, sequence`.execute(trx);
      const pictures = rows.sort((a, b) => Number(a.id - b.id));
      const placing = frames.map((frame, at) => ({ picture: pictures[at] as (typeof pictures)[number], frame }));
      await placeFound(trx.withPlugin(counting), { set: stage.dataset.key, person: "anna" }, placing, ({ name }, why) =>
        told.push(`${name}: ${why}`),
      );
    });
    return { questions, told };
  };
  const [one, four] = [await asked(1), await asked(4)];
  expect(four.questions).toBe(one.questions);
  expect(four.told).toEqual([`${nameOf(2)}: The frame 5 of "4 frames" is "${nameOf(1)}" already.`]);
  expect((await kept()).map(([video, frame]) => [video, frame])).toEqual([
    ["4 frames", 3],
    ["4 frames", 5],
    ["4 frames", 9],
  ]);
});

it("a track that has got a label since is not divided by what comes without one", async () => {
  await bring([{}], [found(0, 0)]);
  const [{ id: track = 0n } = {}] = await all("tracks");
  const request = create(UpdateTrackRequestSchema, { dataset: stage.dataset.id, track, revision: 1, label: 4 });
  await new Tracks(database).update(who, request);
  expect(await bring([{}, {}], [found(0, 0), found(1, 3)])).toEqual([]);
  expect(await names("tracks")).toEqual(["one"]);
  expect(await kept()).toEqual([
    ["yard", 0, "one", 4, 0],
    ["yard", 1, "one", 4, 3],
  ]);
});

it("what is called otherwise since is not made anew under its old name", async () => {
  const file = [
    [{}, {}],
    [found(0, 0), found(1, 1)],
  ] as const;
  await bring(...file);
  const [{ id: sequence = 0n } = {}] = await all("sequences");
  const [{ id: track = 0n } = {}] = await all("tracks");
  const { id: dataset } = stage.dataset;
  await new Tracks(database).update(
    who,
    create(UpdateTrackRequestSchema, { dataset, track, revision: 1, name: "cat" }),
  );
  expect(await bring(...file)).toEqual([]);
  expect(await names("tracks")).toEqual(["cat"]);
  await new Sequences(database).update(
    who,
    create(UpdateSequenceRequestSchema, { dataset, sequence, revision: 1, name: "street" }),
  );
  expect(await bring(...file)).toEqual(
    [0, 1].map((at) => `The picture "${nameOf(at)}" is a frame of another sequence, and can be of one only.`),
  );
  expect(await names("sequences")).toEqual(["street"]);
  expect(await kept()).toEqual([
    ["street", 0, "cat", 0, 0],
    ["street", 1, "cat", 0, 1],
  ]);
});

it("objects of a frame that was refused join no track of the sequence in which it is", async () => {
  await bring([{}, {}], [found(0, 0)]);
  expect(
    await bring([{ sequence: "other" }, { sequence: "other" }, { sequence: "other" }], [found(1, 5)]),
  ).toHaveLength(2);
  expect(await kept()).toEqual([
    ["yard", 0, "one", 0, 0],
    ["yard", 1, null, 0, 5],
    ["other", 2, null, null, null],
  ]);
});

it("an object whose track cannot be called so is kept without one", async () => {
  expect(await bring([{}], [found(0, 0, { track: "o".repeat(201) })])).toEqual([
    "0 0: A track's name has at most 200 characters. It is kept as an object of no track.",
  ]);
  expect(await kept()).toEqual([["yard", 0, null, 0, 0]]);
});

it("frames come before a version that is made meanwhile, or after it", async () => {
  let brought: Promise<string[]> | undefined;
  const version = await database.transaction(async (trx) => {
    await lockAlone(trx, stage.dataset.key);
    brought = bring([{}, {}]);
    await expect.poll(() => waiting(database)).toBe(1);
    const { rows } = await sql<{ change: bigint }>`select nextval('changes') as change`.execute(trx);
    return rows[0]?.change ?? 0n;
  });
  expect(await brought).toEqual([]);
  const changes = await database.db
    .selectFrom("sequence_revisions")
    .select("change")
    .where("dataset", "=", stage.dataset.key)
    .execute();
  expect(changes.map(({ change }) => change > version)).toEqual([true]);
});

it("frames come into a sequence that somebody makes at that moment", async () => {
  let brought: Promise<string[]> | undefined;
  await database.transaction(async (trx) => {
    const made = { dataset: stage.dataset.key, name: "yard", frameRate: 25, split: "", person: "ben" };
    await insertSequence(trx, made);
    brought = bring([{}, {}]);
    await expect.poll(() => waiting(database)).toBe(1);
  });
  expect(await brought).toEqual([]);
  expect((await kept()).map(([video]) => video)).toEqual(["yard", "yard"]);
});
