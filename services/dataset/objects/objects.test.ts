import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { sql } from "kysely";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  CreateVersionRequestSchema,
  DeletePicturesRequestSchema,
  encodeRle,
  Gear,
  ListObjectsRequestSchema,
  ListRevisionsRequestSchema,
  ObjectState,
  SaveObjectsRequestSchema,
} from "../../../proto/index.js";
import { Code } from "../../runtime/errors.js";
import type { Database } from "../database/database.js";
import { ChangePictures } from "../pictures/change-pictures.js";
import { Pictures } from "../pictures/pictures.js";
import { Versions } from "../sets/versions.js";
import { anna, ben, columns, makeObjects, makeSet, save, stranger } from "../testing/made-set.js";
import { TestServer, testServers } from "../testing/test-server.js";
import { Objects } from "./objects.js";

describe.each(testServers())("on $name", ({ programs }) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start(programs);
    return () => server.close();
  });

  let database: Database;
  let objects: Objects;
  let first: bigint;
  let second: bigint;
  beforeEach(async () => {
    database = await server.database();
    objects = new Objects(database);
    [first = 0n, second = 0n] = await makeSet(database, ["a.png", "b/c.png"]);
  });

  const list = (more: MessageInitShape<typeof ListObjectsRequestSchema> = {}, who = anna) =>
    objects.list(who, create(ListObjectsRequestSchema, { dataset: "cells", ...more }));
  const history = async (object: bigint) =>
    (await objects.revisions(anna, create(ListRevisionsRequestSchema, { dataset: "cells", object }))).revisions ?? [];
  const picture = (id: bigint) => new Pictures(database).get(anna, { dataset: "cells", picture: id } as never);

  it("keeps what it is given, with who, when and how", async () => {
    const provenance = {
      gear: Gear.ASSISTED,
      model: "sam",
      weights: "ab",
      predictedIou: 0.5,
      stabilityScore: 0.25,
      seconds: 12,
      job: "claimed",
      prompts: [{ prompt: { points: [{ x: 1, y: 2, label: 1 }] }, mask: 1 }],
    };
    const create = { picture: first, label: 2, rle: columns(2, 5), provenance, attributes: { hard: "yes" } };
    const { saved } = await save(database, anna, { key: "one", change: { case: "create", value: create } });
    const object = saved?.[0]?.object;
    expect(saved).toMatchObject([{ key: "one", problem: "", conflict: false }]);
    expect(object).toMatchObject({
      picture: first,
      label: 2,
      rle: columns(2, 5),
      bbox: { x: 2, y: 0, width: 3, height: 8 },
      area: 24,
      state: ObjectState.TO_REVIEW,
      revision: 1,
      reason: "",
      attributes: { hard: "yes" },
      provenance: { ...provenance, prompts: [{ mask: 1 }], person: "anna", replaced: 0, job: "" },
    });
    expect((await list()).objects).toEqual([object]);
    expect(await history(object?.id as bigint)).toEqual([object]);
    const [brief] = (await list({ brief: true })).objects ?? [];
    expect(brief).toMatchObject({ area: 24, provenance: { model: "sam", prompts: [] } });
    expect(brief).not.toHaveProperty("rle");
    expect(await picture(first)).toMatchObject({ objects: 1, toReview: 1, accepted: 0 });
  });

  it("changes what is set, and nothing else", async () => {
    const [object = 0n] = await makeObjects(database, anna, first, [columns(0, 2)], {
      label: 1,
      attributes: { a: "1", b: "2" },
    });
    const patch = { label: 2, attributes: { a: "", c: "3" } };
    const { saved } = await save(database, ben, { object, revision: 1, change: { case: "patch", value: patch } });
    expect(saved?.[0]?.object).toMatchObject({
      label: 2,
      revision: 2,
      rle: columns(0, 2),
      attributes: { b: "2", c: "3" },
      provenance: { person: "ben", replaced: 1 },
    });
    const rle = columns(1, 4);
    const again = await save(database, ben, { object, revision: 2, change: { case: "patch", value: { rle } } });
    expect(again.saved?.[0]?.object).toMatchObject({
      rle,
      area: 24,
      revision: 3,
      label: 2,
      state: ObjectState.TO_REVIEW,
    });
    expect((await history(object)).map(({ revision, rle }) => [revision, rle])).toEqual([
      [3, columns(1, 4)],
      [2, columns(0, 2)],
      [1, columns(0, 2)],
    ]);
  });

  it("of two who save the same object one wins, and the other gets the winner's", async () => {
    const [object = 0n] = await makeObjects(database, anna, first, [columns(0, 2)]);
    const answers = await Promise.all(
      [anna, ben].map((who, at) =>
        save(database, who, { object, revision: 1, change: { case: "patch", value: { label: at + 1 } } }),
      ),
    );
    const all = answers.flatMap(({ saved = [] }) => saved);
    expect(all.map(({ conflict }) => conflict).sort()).toEqual([false, true]);
    const [won, lost] = all[0]?.conflict ? [all[1], all[0]] : all;
    expect(lost).toMatchObject({ problem: "The object has been changed by somebody else since; read it again." });
    expect(lost?.object).toEqual(won?.object);
    expect(await history(object)).toHaveLength(2);
  });

  it("makes a change once, however often it is asked for, and answers it the same", async () => {
    const rle = columns(0, 2);
    const ask = (who = anna) =>
      save(database, who, { key: "same", change: { case: "create", value: { picture: first, rle } } });
    const [one, two] = await Promise.all([ask(), ask()]);
    expect(two).toEqual(one);
    const object = one?.saved?.[0]?.object?.id as bigint;
    await save(database, anna, { object, revision: 1, change: { case: "patch", value: { label: 1 } } });
    expect(await ask()).toEqual(one);
    expect((await list()).objects).toHaveLength(1);
    // Another's key is another key.
    expect((await ask(ben)).saved?.[0]?.object?.id).not.toBe(object);
  });

  it("remembers keys for a day", async () => {
    const keysIn = async () =>
      (await database.db.selectFrom("change_keys").select("key").execute()).map(({ key }) => key);
    const make = (key: string) =>
      save(database, anna, { key, change: { case: "create", value: { picture: first, rle: columns(0, 2) } } });
    for (const key of ["a", "b", "c"]) await make(key);
    await sql`update change_keys set at = now() - interval '23 hours'`.execute(database.db);
    await make("d");
    expect(await keysIn()).toHaveLength(4);
    await sql`update change_keys set at = now() - interval '25 hours'`.execute(database.db);
    await make("e");
    expect(await keysIn()).toHaveLength(3);
    await make("f");
    expect((await keysIn()).sort()).toEqual(expect.arrayContaining(["e", "f"]));
    expect(await keysIn()).toHaveLength(2);
  });

  it("does what it can of a request, and says of the rest why not", async () => {
    const [object = 0n, other = 0n] = await makeObjects(database, anna, first, [columns(0, 2), columns(3, 4)]);
    const fresh = (value: object) => ({
      change: { case: "create" as const, value: { picture: first, rle: columns(0, 1), ...value } },
    });
    const patch = (value: object, id = object) => ({
      object: id,
      revision: 1,
      change: { case: "patch" as const, value },
    });
    const { saved = [] } = await save(
      database,
      anna,
      fresh({}),
      fresh({ picture: 999_999n }),
      fresh({ label: 7 }),
      fresh({ rle: { size: [8, 8], counts: "zz" } }),
      fresh({ rle: encodeRle({ height: 4, width: 4, runs: Uint32Array.of(8, 8) }) }),
      fresh({ rle: { size: [8, 8], counts: "P2" } }),
      fresh({ provenance: { seconds: 3601 } }),
      patch({ label: 7 }),
      patch({ state: ObjectState.REJECTED }, other),
      patch({ label: 1 }, 999_999n),
      { key: "twin", object, revision: 1, change: { case: "delete", value: true } },
      { key: "twin", ...fresh({}) },
    );
    expect(saved.map(({ problem }) => problem)).toEqual([
      "",
      "The data set has no picture 999999.",
      "The data set has no label 7.",
      expect.stringMatching(/mask/),
      "The mask is 4 x 4, but the picture is 8 x 8.",
      "The mask is empty.",
      "A person works on a mask for 0 to 3600 seconds; 3601 were given.",
      "The data set has no label 7.",
      "Say in `reason` why it is rejected: whoever made it reads that.",
      "The data set has no object 999999.",
      `The object ${object} is in the request twice; send its second change after the first.`,
      "",
    ]);
    expect((await list()).objects).toHaveLength(4);
  });

  it("deletes, takes back, and keeps every state", async () => {
    const [object = 0n] = await makeObjects(database, anna, first, [columns(0, 2)], { label: 1 });
    await save(database, ben, { object, revision: 1, change: { case: "patch", value: { rle: columns(4, 8) } } });
    await save(database, ben, { object, revision: 2, change: { case: "delete", value: true } });
    expect((await list()).objects).toEqual([]);
    expect(await picture(first)).toMatchObject({ objects: 0, toReview: 0 });
    const gone = await save(database, anna, { object, revision: 3, change: { case: "patch", value: { label: 2 } } });
    expect(gone.saved?.[0]?.problem).toBe("The object is deleted; take that back first.");
    const back = (to: number) => save(database, anna, { object, revision: 3, change: { case: "takeBack", value: to } });
    expect((await back(3)).saved?.[0]?.problem).toMatch(/^At revision 3 the object was deleted/);
    expect((await back(9)).saved?.[0]?.problem).toBe("The object has no revision 9.");
    expect((await back(1)).saved?.[0]?.object).toMatchObject({ revision: 4, rle: columns(0, 2), label: 1, area: 16 });
    expect((await history(object)).map(({ state }) => state)).toEqual([2, 5, 2, 2]);
    expect(await picture(first)).toMatchObject({ objects: 1, toReview: 1 });
  });

  it("lists by picture and id, in pages, and those that are asked for", async () => {
    const later = await makeObjects(database, ben, second, [columns(0, 1)], { label: 2, state: ObjectState.PROPOSED });
    const ids = await makeObjects(database, anna, first, [columns(0, 1), columns(1, 2), columns(2, 3)], { label: 1 });
    const seen: unknown[] = [];
    let page = "";
    do {
      const answer = await list({ pageSize: 3, page });
      seen.push((answer.objects ?? []).map(({ id }) => id));
      page = answer.nextPage ?? "";
    } while (page !== "");
    expect(seen).toEqual([ids, later]);
    const idsOf = async (more: MessageInitShape<typeof ListObjectsRequestSchema>) =>
      ((await list(more)).objects ?? []).map(({ id }) => id);
    expect(await idsOf({ pictures: [second] })).toEqual(later);
    expect(await idsOf({ labels: [1] })).toEqual(ids);
    expect(await idsOf({ states: [ObjectState.PROPOSED] })).toEqual(later);
    expect(await idsOf({ people: ["anna"] })).toEqual(ids);
    await expect(list({ page: "x" })).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
    await expect(list({ pageSize: 1001 })).rejects.toThrow("A page has at most 1000; 1001 were asked for.");
  });

  it("ends a page where its masks would be too many bytes", async () => {
    await makeObjects(database, anna, first, [columns(0, 1), columns(1, 2), columns(2, 3)]);
    await sql`update object_revisions set counts = ${"1".repeat(5_000_000)}`.execute(database.db);
    const one = await list();
    expect(one.objects).toHaveLength(2);
    const two = await list({ page: one.nextPage ?? "" });
    expect(two.objects).toHaveLength(1);
    expect(two.nextPage).toBe("");
  });

  it("a version holds what was there, whatever becomes of it", async () => {
    const [kept = 0n, gone = 0n] = await makeObjects(database, anna, first, [columns(0, 2), columns(4, 6)], {
      label: 1,
    });
    await makeObjects(database, anna, second, [columns(0, 3)]);
    const before = (await list()).objects;
    const version = await new Versions(database).create(anna, create(CreateVersionRequestSchema, { dataset: "cells" }));
    expect(version).toMatchObject({ number: 1, pictures: 2, objects: 3, labels: [{ id: 1, name: "cell" }, { id: 2 }] });
    await save(database, ben, { object: kept, revision: 1, change: { case: "patch", value: { rle: columns(7, 8) } } });
    await save(database, ben, { object: gone, revision: 1, change: { case: "delete", value: true } });
    await makeObjects(database, ben, first, [columns(0, 8)]);
    await new ChangePictures(database).delete(
      ben,
      create(DeletePicturesRequestSchema, { dataset: "cells", pictures: [second] }),
    );
    expect((await list({ version: 1 })).objects).toEqual(before);
    expect((await list({ version: 1, labels: [1], pageSize: 1 })).objects).toEqual(before?.slice(0, 1));
    expect((await list()).objects).toHaveLength(2);
    await expect(list({ version: 2 })).rejects.toThrow("The data set has no version 2.");
  });

  it("a version that is made while many save has all of a save or nothing, for good", async () => {
    const versions = new Versions(database);
    const saving = Array.from({ length: 12 }, () => makeObjects(database, anna, first, [columns(0, 1), columns(1, 2)]));
    const made = await Promise.all(
      Array.from({ length: 4 }, () => versions.create(anna, create(CreateVersionRequestSchema, { dataset: "cells" }))),
    );
    await Promise.all(saving);
    for (const { number = 0, objects: count = 0 } of made) {
      const there = (await list({ version: number })).objects ?? [];
      expect(there).toHaveLength(count);
      expect(count % 2).toBe(0);
    }
  });

  it("is another tenant's as if it were not there", async () => {
    const [object = 0n] = await makeObjects(database, anna, first, [columns(0, 2)]);
    await expect(list({}, stranger)).rejects.toMatchObject({ code: Code.NOT_FOUND });
    // Who has a set of the same name reaches nothing of the other's by numbers.
    const [own = 0n] = await makeSet(database, ["own.png"], stranger);
    const attempts = await save(
      database,
      stranger,
      { object, revision: 1, change: { case: "delete", value: true } },
      { change: { case: "create", value: { picture: first, rle: columns(0, 2) } } },
      { change: { case: "create", value: { picture: own, rle: columns(0, 2) } } },
    );
    expect(attempts.saved?.map(({ problem }) => problem)).toEqual([
      `The data set has no object ${object}.`,
      `The data set has no picture ${first}.`,
      "",
    ]);
    expect((await list({ pictures: [first] }, stranger)).objects).toEqual([]);
    await expect(
      objects.revisions(stranger, create(ListRevisionsRequestSchema, { dataset: "cells", object })),
    ).rejects.toMatchObject({ code: Code.NOT_FOUND });
    expect(await history(object)).toHaveLength(1);
  });

  it("refuses a request that is none", async () => {
    const ask = (changes: MessageInitShape<typeof SaveObjectsRequestSchema>["changes"]) =>
      objects.save(anna, create(SaveObjectsRequestSchema, { dataset: "cells", changes: changes ?? [] }));
    await expect(ask([])).rejects.toThrow("A request has 1 to 500 changes; this one has 0.");
    await expect(ask([{ key: "" }])).rejects.toThrow("A change needs a key of its own");
    await expect(ask([{ key: "k" }])).rejects.toThrow("A change is one of create, patch, take_back and delete.");
    await expect(ask([{ key: "k", change: { case: "create", value: {} } }])).rejects.toThrow("needs `rle`");
  });
});
