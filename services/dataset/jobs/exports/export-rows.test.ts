import { create } from "@bufbuild/protobuf";
import { sql, type Transaction } from "kysely";
import { beforeAll, beforeEach, expect, it } from "vitest";
import {
  CreateSequenceRequestSchema,
  CreateVersionRequestSchema,
  ListPicturesRequestSchema,
  ObjectState,
} from "../../../../proto/index.js";
import type { Database } from "../../database/database.js";
import type { Schema } from "../../database/schema.js";
import { Pictures } from "../../pictures/pictures.js";
import { Sequences } from "../../sequences/sequences.js";
import { findSet } from "../../sets/find-set.js";
import { Versions } from "../../sets/versions.js";
import { anna, columns, makeObjects, makeSet, newPicture, save, stranger } from "../../testing/made-set.js";
import { TestServer } from "../../testing/test-server.js";
import { type Cut, framesIn, hasUnlabelled, objectsIn, picturesIn, sequencesIn } from "./export-rows.js";

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

/** How many rows of pictures and their revisions are read for an answer. */
const rowsReadFor = <T>(ask: (trx: Transaction<Schema>) => Promise<T>): Promise<[answer: T, rows: number]> =>
  database.transaction(async (trx) => {
    const answer = await ask(trx);
    const { rows } = await sql<{ read: number }>`
      select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as read from pg_stat_xact_user_tables
      where relname in ('pictures', 'picture_revisions')`.execute(trx);
    return [answer, rows[0]?.read ?? 0];
  });

it("a video's frames are found without a look at all pictures of the set, as they are and as they were", async () => {
  const { db } = database;
  const names = ["1.png", "0.png", "2.png"];
  const ids: bigint[] = [];
  for (const name of names) ids.push((await new Pictures(database).add(anna, "cells", newPicture(name))).id as bigint);
  const sequences = new Sequences(database);
  const request = { dataset: "cells", name: "street", pictures: [ids[1], ids[0], ids[2]] as bigint[] };
  const { id: sequence = 0n } = await sequences.create(anna, create(CreateSequenceRequestSchema, request));
  const others = 3000;
  await sql`
    with added as (
      insert into pictures (dataset, image_id, name, split, attributes, state, media_type, width, height, bytes, added_by)
      select dataset, image_id || at, name || at, split, attributes, state, media_type, width, height, bytes, added_by
      from pictures, generate_series(1, ${others}) as at where id = ${ids[0]} returning *
    )
    insert into picture_revisions (dataset, picture, revision, name, split, attributes, state, deleted, person)
    select dataset, id, revision, name, split, attributes, state, deleted, added_by from added`.execute(db);
  await sql`analyze`.execute(db);
  const { number: version = 0 } = await new Versions(database).create(
    anna,
    create(CreateVersionRequestSchema, { dataset: "cells" }),
  );
  const inOrder = ["0.png", "1.png", "2.png"];
  const few = others / 10;

  const [videos, ofVideos] = await rowsReadFor((trx) => sequencesIn(trx, cut, "", { after: 0n, most: 50 }));
  expect(videos).toMatchObject([{ id: sequence, length: 3n }]);
  expect(ofVideos).toBeLessThan(few);

  const of = { sequence, split: "" };
  const [frames, ofFrames] = await rowsReadFor((trx) => framesIn(trx, cut, of, { after: -1, most: 10 }));
  expect(frames.map(({ name }) => name)).toEqual(inOrder);
  expect(ofFrames).toBeLessThan(few);

  const list = create(ListPicturesRequestSchema, { dataset: "cells", version, filter: { sequence } });
  const [{ pictures = [] }, ofList] = await rowsReadFor((db) => new Pictures({ db } as never).list(anna, list));
  expect(pictures.map(({ name }) => name)).toEqual(inOrder);
  expect(ofList).toBeLessThan(few);
});
