import { sql } from "kysely";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { ObjectState } from "../../../../proto/index.js";
import type { Database } from "../../database/database.js";
import { findSet } from "../../sets/find-set.js";
import { anna, columns, makeObjects, makeSet, save, stranger } from "../../testing/made-set.js";
import { TestServer } from "../../testing/test-server.js";
import { type Cut, hasUnlabelled, objectsIn, picturesIn } from "./export-rows.js";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  return () => server.close();
});

let database: Database;
let cut: Cut;
beforeEach(async () => {
  database = await server.database();
  const [first = 0n, , third = 0n] = await makeSet(database, ["a.png", "b.png", "c.png", "d.png"]);
  await makeObjects(database, anna, first, [columns(0, 2), columns(3, 5)]);
  await makeObjects(database, anna, third, [columns(1, 7)]);
  const { key } = await database.db.selectFrom("datasets").select("key").executeTakeFirstOrThrow();
  const states = [ObjectState.PROPOSED, ObjectState.TO_REVIEW, ObjectState.ACCEPTED, ObjectState.REJECTED];
  cut = { dataset: key, change: 2n ** 62n, splits: [], labels: [], states };
});

/** Each time some pictures' names, with how many objects. */
async function filled(mostBytes: number): Promise<string[][]> {
  const found: string[][] = [];
  for (let rest = await picturesIn(database.db, cut, "", { after: 0n, most: 50 }); rest.length > 0; ) {
    const { pictures, objects } = await objectsIn(database.db, cut, rest, { nameOf: new Map(), mostBytes });
    found.push(pictures.map(({ id, name }) => `${name} ${objects.get(id)?.length ?? 0}`));
    rest = rest.slice(pictures.length);
  }
  return found;
}

it("an object without a label is known of as long as a version has it", async () => {
  const { db } = database;
  const versionNow = async () => {
    const { rows } = await sql<{ change: bigint }>`select nextval('changes') as change`.execute(db);
    return { ...cut, change: rows[0]?.change ?? 0n };
  };
  await makeSet(database, ["own.png"], stranger);
  const { key } = await findSet(db, stranger, "cells");
  expect(await hasUnlabelled(db, { ...cut, dataset: key })).toBe(false);
  const before = await versionNow();
  await save(
    database,
    anna,
    ...(await db.selectFrom("objects").select("id").execute()).map(({ id: object }) => ({
      object,
      revision: 1,
      change: { case: "patch" as const, value: { label: 1 } },
    })),
  );
  const after = await versionNow();
  expect([await hasUnlabelled(db, before), await hasUnlabelled(db, after)]).toEqual([true, false]);
});

it("objects are read of so many pictures as there is room for, and of one at least", async () => {
  expect(await filled(2 ** 20)).toEqual([["a.png 2", "b.png 0", "c.png 1", "d.png 0"]]);
  expect(await filled(1)).toEqual([
    ["a.png 2", "b.png 0"],
    ["c.png 1", "d.png 0"],
  ]);
});
