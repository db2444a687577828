import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { sql } from "kysely";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  CreateVersionRequestSchema,
  DeletePicturesRequestSchema,
  ListPicturesRequestSchema,
  NextPicturesRequestSchema,
  ObjectState,
  PictureFilterSchema,
  PictureState,
  UpdatePicturesRequestSchema,
} from "../../../proto/index.js";
import { Code } from "../../runtime/errors.js";
import type { Database } from "../database/database.js";
import { addObjects } from "../objects/add-objects.js";
import { findSet } from "../sets/find-set.js";
import { Versions } from "../sets/versions.js";
import { anna, ben, columns, makeObjects, makeSet, newPicture, save, stranger } from "../testing/made-set.js";
import { TestServer, testServers } from "../testing/test-server.js";
import { waiting } from "../testing/waiting.js";
import { ChangePictures } from "./change-pictures.js";
import { NextPictures } from "./next-pictures.js";
import { Pictures } from "./pictures.js";

type FilterInit = MessageInitShape<typeof PictureFilterSchema>;

describe.each(testServers())("on $name", ({ programs }) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start(programs);
    return () => server.close();
  });

  let database: Database;
  let pictures: Pictures;
  let a: bigint;
  let b: bigint;
  let c: bigint;
  beforeEach(async () => {
    database = await server.database();
    pictures = new Pictures(database);
    [a = 0n, b = 0n, c = 0n] = await makeSet(database, ["street/a.png", "street/b.png", "lake/c.png"]);
  });

  const list = (more: MessageInitShape<typeof ListPicturesRequestSchema> = {}, who = anna) =>
    pictures.list(who, create(ListPicturesRequestSchema, { dataset: "cells", ...more }));
  const idsOf = async (filter: FilterInit, more: MessageInitShape<typeof ListPicturesRequestSchema> = {}) =>
    ((await list({ filter: create(PictureFilterSchema, filter), ...more })).pictures ?? []).map(({ id }) => id);
  const next = (more: MessageInitShape<typeof NextPicturesRequestSchema> = {}, who = anna) =>
    new NextPictures(database).next(who, create(NextPicturesRequestSchema, { dataset: "cells", ...more }));
  const update = (ids: bigint[], more: MessageInitShape<typeof UpdatePicturesRequestSchema> = {}) =>
    new ChangePictures(database).update(
      ben,
      create(UpdatePicturesRequestSchema, { dataset: "cells", pictures: ids, ...more }),
    );

  it("is added once under its name", async () => {
    const picture = newPicture("new.png", { split: "train", attributes: { from: "cam" }, reading: { orientation: 6 } });
    const added = await pictures.add(anna, "cells", picture);
    expect(added).toMatchObject({
      name: "new.png",
      image: { imageId: picture.imageId, width: 8, height: 8, reading: { orientation: 6 } },
      split: "train",
      attributes: { from: "cam" },
      state: PictureState.OPEN,
      revision: 1,
      addedBy: "anna",
      heldBy: "",
    });
    expect(await pictures.add(ben, "cells", picture)).toEqual(added);
    await expect(pictures.add(anna, "cells", { ...newPicture("x"), name: "new.png" })).rejects.toMatchObject({
      code: Code.ALREADY_EXISTS,
      message: 'The data set has another picture called "new.png"; give this one another name.',
    });
    const unnamed = await pictures.add(anna, "cells", { ...picture, name: "" });
    expect(`sha256:${unnamed.name}`).toBe(picture.imageId);
    expect(await pictures.file(anna, { dataset: "cells", picture: added.id as bigint })).toEqual({
      imageId: picture.imageId,
      bytes: 100,
      mediaType: "image/png",
      name: "new.png",
      width: 8,
      height: 8,
    });
  });

  it("is listed in order, in pages, by what a filter takes", async () => {
    await makeObjects(database, anna, a, [columns(0, 1)], { label: 1, state: ObjectState.ACCEPTED });
    const [object = 0n] = await makeObjects(database, anna, a, [columns(1, 2)], { label: 2 });
    await makeObjects(database, ben, b, [columns(0, 1)], { label: 1, state: ObjectState.PROPOSED });
    await update([b, c], { split: "val", state: PictureState.DONE });
    const first = await list({ pageSize: 2 });
    expect(first.pictures?.map(({ id }) => id)).toEqual([a, b]);
    expect((await list({ pageSize: 2, page: first.nextPage ?? "" })).pictures?.map(({ id }) => id)).toEqual([c]);
    const filters: [FilterInit, bigint[]][] = [
      [{ name: "STREET/" }, [a, b]],
      [{ splits: ["val", "test"] }, [b, c]],
      [{ states: [PictureState.OPEN] }, [a]],
      [{ empty: true }, [c]],
      [{ labels: [1] }, [a, b]],
      [{ labels: [2] }, [a]],
      [{ objectStates: [ObjectState.PROPOSED] }, [b]],
      // Of the same object.
      [{ labels: [2], objectStates: [ObjectState.ACCEPTED] }, []],
      [{ people: ["ben"] }, [b]],
      [{ people: ["ben"], labels: [1], states: [PictureState.DONE], splits: ["val"] }, [b]],
    ];
    for (const [filter, ids] of filters) {
      expect([filter, await idsOf(filter)]).toEqual([filter, ids]);
      const { total = 0, pictures: found = [] } = await next({
        filter: create(PictureFilterSchema, filter),
        count: 20,
      });
      expect([filter, total, found.map(({ id }) => id)]).toEqual([filter, ids.length, ids]);
    }
    await save(database, anna, { object, revision: 1, change: { case: "delete", value: true } });
    expect(await idsOf({ labels: [2] })).toEqual([]);
  });

  it("is the next to work on, in one person's hands", async () => {
    expect(await next()).toMatchObject({ position: 0, total: 3, pictures: [{ id: a }, { id: b }, { id: c }] });
    expect(await next({ after: a, count: 1 })).toMatchObject({ position: 1, pictures: [{ id: b }] });
    expect(await next({ after: c, backwards: true })).toMatchObject({ position: 1, pictures: [{ id: b }, { id: a }] });
    expect(await next({ after: c })).toEqual({});
    const held = await Promise.all([anna, ben].map((who) => next({ hold: true, count: 1 }, who)));
    expect(held.map(({ pictures: found }) => found?.[0]?.id).sort()).toEqual([a, b]);
    expect(held.map(({ pictures: found }) => found?.[0]?.heldBy)).toEqual(["anna", "ben"]);
    // One's own is not in one's way.
    const [own] = held;
    expect((await next({ hold: true, count: 1 })).pictures?.[0]?.id).toBe(own?.pictures?.[0]?.id);
    await sql`update pictures set held_until = now() - interval '1 second'`.execute(database.db);
    expect((await next({ hold: true, count: 1 }, { tenant: undefined, person: "cid" })).pictures).toMatchObject([
      { id: a, heldBy: "cid" },
    ]);
  });

  it("knows its place among many", async () => {
    await sql`alter sequence pictures_id_seq restart with 2047`.execute(database.db);
    const later: bigint[] = [];
    for (const name of ["d", "e", "f"]) later.push((await pictures.add(anna, "cells", newPicture(name))).id as bigint);
    expect(later).toEqual([2047n, 2048n, 2049n]);
    const placeAt = async (after: bigint, filter: FilterInit = {}) => {
      const { position, total } = await next({ after, filter: create(PictureFilterSchema, filter), count: 1 });
      return [position, total];
    };
    expect(await placeAt(0n)).toEqual([0, 6]);
    expect(await placeAt(c)).toEqual([3, 6]);
    expect(await placeAt(2047n)).toEqual([4, 6]);
    expect(await placeAt(2048n)).toEqual([5, 6]);
    await update([a, 2048n], { state: PictureState.DONE });
    expect(await placeAt(2047n, { states: [PictureState.OPEN] })).toEqual([3, 4]);
    expect(await placeAt(a, { states: [PictureState.DONE] })).toEqual([1, 2]);
    await new ChangePictures(database).delete(
      ben,
      create(DeletePicturesRequestSchema, { dataset: "cells", pictures: [b, 2047n] }),
    );
    expect(await placeAt(2047n, { states: [PictureState.OPEN] })).toEqual([1, 2]);
    expect(await placeAt(0n)).toEqual([0, 4]);
  });

  it("is changed, alone or with others, each time as a revision", async () => {
    const { pictures: changed } = await update([a, b], { split: "test", attributes: { x: "1" } });
    expect(changed).toMatchObject([
      { id: a, split: "test", revision: 2, attributes: { x: "1" } },
      { id: b, split: "test", revision: 2 },
    ]);
    await expect(update([a], { revision: 1, name: "other.png" })).rejects.toMatchObject({
      code: Code.ABORTED,
      reason: "CONFLICT",
    });
    expect((await update([a], { revision: 2, name: "other.png", attributes: { x: "" } })).pictures).toMatchObject([
      { name: "other.png", attributes: {}, revision: 3, split: "test" },
    ]);
    await expect(update([a], { name: "street/b.png" })).rejects.toMatchObject({ code: Code.ALREADY_EXISTS });
    await expect(update([a, b], { name: "both" })).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
    // All or none.
    await expect(update([c, 999_999n], { split: "none" })).rejects.toMatchObject({ code: Code.NOT_FOUND });
    expect((await list()).pictures?.map(({ split }) => split)).toEqual(["test", "test", ""]);
  });

  it("is deleted with its objects; a version keeps both, as they were", async () => {
    const [object = 0n] = await makeObjects(database, anna, a, [columns(0, 2)]);
    const before = (await list()).pictures?.map(({ id, name, revision }) => ({ id, name, revision }));
    await new Versions(database).create(anna, create(CreateVersionRequestSchema, { dataset: "cells" }));
    await update([b], { name: "renamed.png" });
    const remove = create(DeletePicturesRequestSchema, { dataset: "cells", pictures: [a, 999_999n] });
    expect(await new ChangePictures(database).delete(ben, remove)).toEqual({ deleted: 1 });
    expect((await list()).pictures?.map(({ id }) => id)).toEqual([b, c]);
    expect((await list({ version: 1 })).pictures).toMatchObject(before ?? []);
    expect(await idsOf({ name: "street/b" }, { version: 1 })).toEqual([b]);
    await expect(idsOf({ labels: [1] }, { version: 1 })).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
    await expect(pictures.get(anna, { dataset: "cells", picture: a } as never)).rejects.toMatchObject({
      code: Code.NOT_FOUND,
    });
    const back = await save(database, anna, { object, revision: 2, change: { case: "takeBack", value: 1 } });
    expect(back.saved?.[0]?.problem).toBe("The object's picture is not in the data set any more.");
    // Its name is free.
    await pictures.add(anna, "cells", newPicture("street/a.png"));
  });

  it("is deleted with what is saved meanwhile, and gets no object afterwards", async () => {
    const { key } = await findSet(database.db, anna, "cells");
    const object = (picture: bigint) => ({ picture, label: 1, rle: columns(0, 2), state: ObjectState.ACCEPTED });
    const remove = () =>
      new ChangePictures(database).delete(
        ben,
        create(DeletePicturesRequestSchema, { dataset: "cells", pictures: [a] }),
      );
    let deleting: Promise<unknown> | undefined;
    await database.transaction(async (trx) => {
      await addObjects(trx, key, "anna", [object(a)]);
      deleting = remove();
      await expect.poll(() => waiting(database)).toBe(1);
    });
    expect(await deleting).toEqual({ deleted: 1 });
    const live = () =>
      database.db.selectFrom("objects").select("id").where("state", "<>", ObjectState.DELETED).execute();
    expect(await live()).toEqual([]);
    let adding: Promise<unknown> | undefined;
    await database.transaction(async (trx) => {
      await trx.updateTable("pictures").set({ deleted: true }).where("id", "=", b).execute();
      adding = database.transaction((other) => addObjects(other, key, "anna", [object(b)])).catch((error) => error);
      await expect.poll(() => waiting(database)).toBe(1);
    });
    expect(await adding).toMatchObject({ code: Code.NOT_FOUND });
    expect(await live()).toEqual([]);
  });

  it("refuses what no picture can be", async () => {
    const huge = { dataset: "cells", picture: 2n ** 64n - 1n };
    await expect(pictures.file(anna, huge)).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
    await expect(idsOf({ labels: [2 ** 32 - 1] })).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
    await expect(idsOf({ name: "\0" })).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
    const longest = "\u{1f98a}".repeat(250);
    expect(await pictures.add(anna, "cells", newPicture(longest))).toMatchObject({ name: longest });
  });

  it("is another tenant's as if it were not there", async () => {
    await makeSet(database, ["own.png"], stranger);
    expect((await list({}, stranger)).pictures).toHaveLength(1);
    const changing = new ChangePictures(database);
    const taken = create(DeletePicturesRequestSchema, { dataset: "cells", pictures: [a] });
    expect(await changing.delete(stranger, taken)).toEqual({ deleted: 0 });
    const changed = create(UpdatePicturesRequestSchema, { dataset: "cells", pictures: [a], split: "theirs" });
    await expect(changing.update(stranger, changed)).rejects.toMatchObject({ code: Code.NOT_FOUND });
    expect((await next({ hold: true }, stranger)).total).toBe(1);
  });
});
