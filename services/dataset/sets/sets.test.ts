import { randomUUID } from "node:crypto";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { sql } from "kysely";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import {
  CreateDatasetRequestSchema,
  CreateVersionRequestSchema,
  DeleteDatasetRequestSchema,
  GetDatasetRequestSchema,
  ListDatasetsRequestSchema,
  ListVersionsRequestSchema,
  maxLabels,
  ObjectState,
  SetLabelsRequestSchema,
  UpdateDatasetRequestSchema,
} from "../../../proto/index.js";
import { Code } from "../../runtime/errors.js";
import type { Database } from "../database/database.js";
import { addObjects } from "../objects/add-objects.js";
import { addPicture } from "../pictures/add-picture.js";
import { Pictures } from "../pictures/pictures.js";
import { anna, ben, columns, makeObjects, makeSet, newPicture, stranger } from "../testing/made-set.js";
import { TestServer, testServers } from "../testing/test-server.js";
import { waiting } from "../testing/waiting.js";
import { addLabels } from "./add-labels.js";
import { findSet } from "./find-set.js";
import { type LeftJob, type LeftPicture, Purge } from "./purge.js";
import { Sets } from "./sets.js";
import { Versions } from "./versions.js";

describe.each(testServers())("on $name", ({ programs }) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start(programs);
    return () => server.close();
  });

  let database: Database;
  let sets: Sets;
  beforeEach(async () => {
    database = await server.database();
    sets = new Sets(database);
  });

  const make = (name: string, who = anna, more: MessageInitShape<typeof CreateDatasetRequestSchema> = {}) =>
    sets.create(who, create(CreateDatasetRequestSchema, { name, ...more }));
  const get = (dataset: string, who = anna) => sets.get(who, create(GetDatasetRequestSchema, { dataset }));
  const list = async (who = anna, more: MessageInitShape<typeof ListDatasetsRequestSchema> = {}) => {
    const { datasets = [], nextPage } = await sets.list(who, create(ListDatasetsRequestSchema, more));
    return { names: datasets.map(({ name }) => name), page: nextPage ?? "" };
  };

  it("is made, and found by its id and its name, by its own tenant", async () => {
    const made = await make("cells", anna, { description: "of onions", labels: [{ name: "cell", hotKey: "c" }] });
    expect(made).toMatchObject({
      name: "cells",
      description: "of onions",
      revision: 1,
      createdBy: "anna",
      pictures: 0,
      objects: 0,
      labels: [{ id: 1, name: "cell", hotKey: "c", parent: 0, colour: expect.stringMatching(/^#[0-9a-f]{6}$/) }],
    });
    expect(await get("cells")).toEqual(made);
    expect(await get(made.id as string)).toEqual(made);
    await expect(get("cells", stranger)).rejects.toMatchObject({ code: Code.NOT_FOUND });
    await expect(get(made.id as string, stranger)).rejects.toMatchObject({ code: Code.NOT_FOUND });
    await expect(make("cells")).rejects.toMatchObject({ code: Code.ALREADY_EXISTS });
    await make("cells", stranger);
  });

  it("is listed by name, in pages", async () => {
    for (const name of ["c", "a", "b"]) await make(name);
    await make("other", stranger);
    const first = await list(anna, { pageSize: 2 });
    expect(first.names).toEqual(["a", "b"]);
    expect(await list(anna, { pageSize: 2, page: first.page })).toEqual({ names: ["c"], page: "" });
    expect((await list(stranger)).names).toEqual(["other"]);
  });

  it("is changed by who knows its revision", async () => {
    await make("cells");
    await make("taken");
    const update = (more: MessageInitShape<typeof UpdateDatasetRequestSchema>) =>
      sets.update(ben, create(UpdateDatasetRequestSchema, { dataset: "cells", revision: 1, ...more }));
    await expect(update({ name: "taken" })).rejects.toMatchObject({ code: Code.ALREADY_EXISTS });
    const both = await Promise.allSettled([update({ description: "one" }), update({ description: "two" })]);
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(both.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { code: Code.ABORTED, reason: "CONFLICT" },
    });
    expect(await update({ revision: 2, name: "tissue" })).toMatchObject({ name: "tissue", revision: 3 });
  });

  it("has labels that keep their ids, and those that objects have", async () => {
    const [picture = 0n] = await makeSet(database, ["a.png"]);
    await makeObjects(database, anna, picture, [columns(0, 2)], { label: 2 });
    const set = (revision: number, labels: MessageInitShape<typeof SetLabelsRequestSchema>["labels"]) =>
      sets.setLabels(anna, create(SetLabelsRequestSchema, { dataset: "cells", revision, labels: labels ?? [] }));
    await expect(set(1, [{ id: 1, name: "cell" }])).rejects.toMatchObject({
      code: Code.FAILED_PRECONDITION,
      message: 'Objects have the label "nucleus": give them another one first, or rename it.',
    });
    const changed = await set(1, [{ name: "wall" }, { id: 2, name: "core", parent: 0, colour: "#AABBCC" }]);
    expect(changed).toMatchObject({
      revision: 2,
      labels: [
        { id: 3, name: "wall" },
        { id: 2, name: "core", colour: "#aabbcc" },
      ],
    });
    await expect(
      set(2, [
        { id: 2, name: "core" },
        { id: 1, name: "again" },
      ]),
    ).rejects.toThrow("which no label of the set has");
    await expect(set(1, [])).rejects.toMatchObject({ code: Code.ABORTED });
  });

  it("versions are numbered, and listed the newest first", async () => {
    await makeSet(database, ["a.png"]);
    const versions = new Versions(database);
    for (const description of ["one", "two", "three"]) {
      await versions.create(anna, create(CreateVersionRequestSchema, { dataset: "cells", description }));
    }
    const ask = (page: string) =>
      versions.list(anna, create(ListVersionsRequestSchema, { dataset: "cells", pageSize: 2, page }));
    const first = await ask("");
    expect(first.versions).toMatchObject([{ number: 3, description: "three", pictures: 1 }, { number: 2 }]);
    expect(await ask(first.nextPage ?? "")).toMatchObject({ versions: [{ number: 1 }], nextPage: "" });
  });

  it("is deleted by who says its name; its rows go, and the files that no other set has", async () => {
    const [picture = 0n] = await makeSet(database, ["a.png", "b.png"]);
    await makeObjects(database, anna, picture, [columns(0, 2)]);
    await makeSet(database, ["a.png"], stranger);
    await make("second");
    await new Pictures(database).add(anna, "second", newPicture("b.png"));
    const job = randomUUID();
    await database.db.transaction().execute(async (trx) => {
      const set = sql`(select key from datasets where name = 'cells' and tenant = '')`;
      await sql`insert into jobs (id, dataset, work, state, created_by) select ${job}, ${set}, '{}', 2, 'anna'`.execute(
        trx,
      );
      await sql`insert into job_items (job, item) select ${job}, generate_series(1, 50)`.execute(trx);
      await sql`insert into job_problems (job, item, file, reason) values (${job}, 1, '', '')`.execute(trx);
      await sql`insert into imported select ${set}, generate_series(${picture}::bigint, 100), '\\x00'`.execute(trx);
    });
    const remove = (name: string) => sets.delete(anna, create(DeleteDatasetRequestSchema, { dataset: "cells", name }));
    await expect(remove("sells")).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
    await remove("cells");
    await expect(get("cells")).rejects.toMatchObject({ code: Code.NOT_FOUND });
    await make("cells");
    const files: LeftPicture[] = [];
    const jobs: LeftJob[] = [];
    const gone = async () => {
      throw new Error("the store is gone");
    };
    const failing = new Purge(database, { picture: gone, job: gone });
    const all = async (purge: Purge) => {
      while (await purge.step());
    };
    await expect(all(failing)).rejects.toThrow("the store is gone");
    const deleters = {
      picture: async (one: LeftPicture) => void files.push(one),
      job: async (one: LeftJob) => void jobs.push(one),
    };
    const purge = new Purge(database, deleters);
    while (await purge.step(1));
    expect(files).toEqual([{ tenant: undefined, imageId: newPicture("a.png").imageId }]);
    expect(jobs).toEqual([{ tenant: undefined, id: job }]);
    expect((await list()).names).toEqual(["cells", "second"]);
    const left = await sql<{ n: bigint }>`select
      (select count(*) from objects) + (select count(*) from object_revisions) + (select count(*) from picture_facets)
      + (select count(*) from jobs) + (select count(*) from job_items) + (select count(*) from job_problems)
      + (select count(*) from imported) as n`.execute(database.db);
    expect(left.rows[0]?.n).toBe(0n);
    expect(await database.db.selectFrom("pictures").select("name").execute()).toHaveLength(2);
  });

  it("that is deleted goes but for files that cannot be deleted, and with them once they can", async () => {
    const jobs = [randomUUID(), randomUUID()];
    for (const [at, name] of ["cells", "second"].entries()) {
      await make(name);
      await sql`insert into jobs (id, dataset, work, state, created_by) select ${jobs[at]}, key, '{}', 2, 'anna' from datasets
        where name = ${name}`.execute(database.db);
      await sql`insert into left_pictures values ('', ${newPicture(name).imageId})`.execute(database.db);
      await sets.delete(anna, create(DeleteDatasetRequestSchema, { dataset: name, name }));
    }
    let isRefusing = true;
    const refused = [newPicture("cells").imageId, jobs[0]];
    const gone: string[] = [];
    const drop = async (one: string) => {
      if (isRefusing && refused.includes(one)) throw new Error("it stays");
      gone.push(one);
    };
    const purge = new Purge(database, { picture: ({ imageId }) => drop(imageId), job: ({ id }) => drop(id) });
    const all = async () => {
      while (await purge.step());
    };
    const left = async () =>
      (await database.db.selectFrom("datasets").select("name").execute()).map(({ name }) => name);
    for (const _ of ["once", "and again"]) {
      await expect(all()).rejects.toThrow("it stays");
      expect(gone.sort()).toEqual([newPicture("second").imageId, jobs[1]].sort());
      expect(await left()).toEqual(["cells"]);
    }
    isRefusing = false;
    await all();
    expect(gone).toHaveLength(4);
    expect(await left()).toEqual([]);
  });

  it("has its files left when none can be deleted, and the next time others are tried first", async () => {
    const names = Array.from({ length: 25 }, (_, at) => newPicture(`${at}`).imageId);
    await sql`insert into left_pictures select '', unnest(${names}::text[])`.execute(database.db);
    const tried: string[] = [];
    const picture = async ({ imageId }: LeftPicture) => {
      tried.push(imageId);
      throw new Error("the store is gone");
    };
    const purge = new Purge(database, { picture, job: async () => {} });
    await expect(purge.step()).rejects.toThrow("the store is gone");
    expect(tried).toHaveLength(20);
    expect(await purge.step()).toBe(true);
    expect(new Set(tried).size).toBe(25);
    await expect(purge.step()).rejects.toThrow("the store is gone");
    expect(tried).toHaveLength(25);
  });

  it("has as many labels from imports as from people", async () => {
    await makeSet(database);
    const { key } = await findSet(database.db, anna, "cells");
    const add = (count: number) =>
      database.transaction((trx) =>
        addLabels(
          trx,
          key,
          Array.from({ length: count }, (_, at) => `label ${at}`),
        ),
      );
    expect((await add(maxLabels - 3)).size).toBe(maxLabels - 1);
    expect((await add(maxLabels)).size).toBe(maxLabels);
  });

  it("that is deleted gets nothing more, and what was being added goes with it", async () => {
    const [picture = 0n] = await makeSet(database, ["a.png"]);
    const { key } = await findSet(database.db, anna, "cells");
    let deleted: Promise<unknown> | undefined;
    await new Pictures(database).add(anna, "cells", newPicture("b.png"), async () => {
      deleted ??= sets.delete(anna, create(DeleteDatasetRequestSchema, { dataset: "cells", name: "cells" }));
      await expect.poll(() => waiting(database)).toBe(1);
    });
    await deleted;
    const keep = vi.fn(async () => {});
    const gone = { code: Code.NOT_FOUND };
    await expect(
      database.transaction((trx) => addPicture(trx, key, "anna", newPicture("c.png"), keep)),
    ).rejects.toMatchObject(gone);
    expect(keep).not.toHaveBeenCalled();
    const object = { picture, label: 1, rle: columns(0, 2), state: ObjectState.ACCEPTED };
    await expect(database.transaction((trx) => addObjects(trx, key, "anna", [object]))).rejects.toMatchObject(gone);
    const files: string[] = [];
    const forget = async ({ imageId }: LeftPicture) => void files.push(imageId);
    const purge = new Purge(database, { picture: forget, job: async () => {} });
    while (await purge.step());
    expect(files.sort()).toEqual(["a.png", "b.png"].map((name) => newPicture(name).imageId).sort());
    expect(await database.db.selectFrom("pictures").select("id").execute()).toEqual([]);
  });

  it("has a name of one line", async () => {
    await expect(make(" ")).rejects.toThrow("A data set needs a name.");
    await expect(make("x".repeat(201))).rejects.toThrow("A data set's name has at most 200 characters.");
    await expect(make("a\nb")).rejects.toThrow("A data set's name is one line.");
  });
});
