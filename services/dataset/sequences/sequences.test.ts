import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { sql } from "kysely";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  AddFramesRequestSchema,
  CreateSequenceRequestSchema,
  CreateTrackRequestSchema,
  CreateVersionRequestSchema,
  DeletePicturesRequestSchema,
  DeleteSequenceRequestSchema,
  DeleteTrackRequestSchema,
  GetSequenceRequestSchema,
  ListObjectsRequestSchema,
  ListPicturesRequestSchema,
  ListRevisionsRequestSchema,
  ListSequencesRequestSchema,
  ListTracksRequestSchema,
  NextPicturesRequestSchema,
  ObjectState,
  SetLabelsRequestSchema,
  UpdatePicturesRequestSchema,
  UpdateSequenceRequestSchema,
  UpdateTrackRequestSchema,
} from "../../../proto/index.js";
import { Code } from "../../runtime/errors.js";
import type { Database } from "../database/database.js";
import { Objects } from "../objects/objects.js";
import { ChangePictures } from "../pictures/change-pictures.js";
import { NextPictures } from "../pictures/next-pictures.js";
import { Pictures } from "../pictures/pictures.js";
import { Sets } from "../sets/sets.js";
import { Versions } from "../sets/versions.js";
import { Statistics } from "../statistics/statistics.js";
import { anna, columns, makeObjects, makeSet, newPicture, save, stranger } from "../testing/made-set.js";
import { TestServer } from "../testing/test-server.js";
import { Sequences } from "./sequences.js";
import { Tracks } from "./tracks.js";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  return () => server.close();
});

const dataset = "cells";
let database: Database;
let sequences: Sequences;
let tracks: Tracks;
let ids: bigint[];
beforeEach(async () => {
  database = await server.database();
  sequences = new Sequences(database);
  tracks = new Tracks(database);
  ids = await makeSet(database, ["0.png", "1.png", "2.png", "3.png"]);
});

const picked = (...places: number[]) => places.map((place) => ids[place] as bigint);
const begin = (more: MessageInitShape<typeof CreateSequenceRequestSchema> = {}, who = anna) =>
  sequences.create(who, create(CreateSequenceRequestSchema, { dataset, name: "street", ...more }));
const add = (sequence: bigint, more: MessageInitShape<typeof AddFramesRequestSchema>) =>
  sequences.addFrames(anna, create(AddFramesRequestSchema, { dataset, sequence, ...more }));
const names = async (
  filter: { sequence: bigint },
  more: { pageSize?: number; page?: string; version?: number } = {},
) => {
  const request = create(ListPicturesRequestSchema, { dataset, filter, ...more });
  const { pictures = [], nextPage } = await new Pictures(database).list(anna, request);
  return { names: pictures.map(({ name, frame }) => `${frame} ${name}`), nextPage: nextPage ?? "" };
};
const update = (pictures: bigint[], split: string) =>
  new ChangePictures(database).update(anna, create(UpdatePicturesRequestSchema, { dataset, pictures, split }));

describe("M11: a sequence", () => {
  it("has pictures in the order in which they are named, whatever they were added in", async () => {
    const made = await begin({ frameRate: 25, pictures: picked(2, 0, 3), timesMs: [0, 40, 80] });
    expect(made).toMatchObject({
      name: "street",
      frameRate: 25,
      frames: 3,
      tracks: 0,
      firstPicture: ids[2],
      revision: 1,
    });
    const sequence = made.id as bigint;
    expect(await names({ sequence })).toEqual({ names: ["0 2.png", "1 0.png", "2 3.png"], nextPage: "" });
    const first = await names({ sequence }, { pageSize: 2 });
    expect(first.names).toEqual(["0 2.png", "1 0.png"]);
    expect((await names({ sequence }, { pageSize: 2, page: first.nextPage })).names).toEqual(["2 3.png"]);
    const one = await new Pictures(database).get(anna, { dataset, picture: ids[0] } as never);
    expect(one).toMatchObject({ sequence, frame: 1, timeMs: 40 });
    expect(await new Sets(database).get(anna, { dataset } as never)).toMatchObject({ sequences: 1, pictures: 4 });
  });

  it("is gone through frame by frame, from one that was deleted as well", async () => {
    const sequence = (await begin({ pictures: picked(3, 1, 0) })).id as bigint;
    const next = async (after: bigint, backwards = false) => {
      const request = create(NextPicturesRequestSchema, { dataset, filter: { sequence }, after, backwards, count: 1 });
      const { pictures = [], position, total } = await new NextPictures(database).next(anna, request);
      return [pictures[0]?.name, position, total];
    };
    expect(await next(0n)).toEqual(["3.png", 0, 3]);
    expect(await next(ids[3] as bigint)).toEqual(["1.png", 1, 3]);
    expect(await next(ids[0] as bigint, true)).toEqual(["1.png", 1, 3]);
    expect(await next(ids[0] as bigint)).toEqual([undefined, undefined, undefined]);
    await new ChangePictures(database).delete(
      anna,
      create(DeletePicturesRequestSchema, { dataset, pictures: picked(1) }),
    );
    expect(await next(ids[1] as bigint)).toEqual(["0.png", 1, 2]);
    expect(await next(ids[1] as bigint, true)).toEqual(["3.png", 0, 2]);
  });

  it("takes more frames, each once, and says which it has", async () => {
    const sequence = (await begin({ pictures: picked(0, 1), numbers: [0, 5] })).id as bigint;
    expect(await add(sequence, { pictures: picked(1, 2) })).toMatchObject({ frames: 3 });
    expect(await add(sequence, { pictures: picked(0, 1, 2), numbers: [0, 5, 6] })).toMatchObject({ frames: 3 });
    expect((await names({ sequence })).names).toEqual(["0 0.png", "5 1.png", "6 2.png"]);
    await expect(add(sequence, { pictures: picked(1), numbers: [7] })).rejects.toMatchObject({
      code: Code.ALREADY_EXISTS,
      message: 'The picture "1.png" is the frame 5 of "street", and not 7.',
    });
    await expect(add(sequence, { pictures: picked(3), numbers: [5] })).rejects.toMatchObject({
      code: Code.ALREADY_EXISTS,
      message: 'The frame 5 of "street" is "1.png" already.',
    });
    expect(await add(sequence, { pictures: picked(3), numbers: [2] })).toMatchObject({ frames: 4 });
  });

  it("is not made of lists that fit no video", async () => {
    const wrong: [
      { pictures: number[]; numbers?: number[]; timesMs?: number[]; name?: string; frameRate?: number },
      RegExp,
    ][] = [
      [{ pictures: [0, 0] }, /is there twice/],
      [{ pictures: [0, 1], numbers: [1] }, /`numbers` has 1 entries, and there are 2 pictures/],
      [{ pictures: [0, 1], numbers: [3, 3] }, /has to rise, and has 3 behind 3/],
      [{ pictures: [0, 1], numbers: [3, 2] }, /has to rise, and has 2 behind 3/],
      [{ pictures: [0], numbers: [2 ** 31] }, /at most 2147483647/],
      [{ pictures: [0, 1], timesMs: [80, 40] }, /falls from 80 to 40/],
      [{ pictures: [0], name: " " }, /needs a name/],
      [{ pictures: [0], name: "a\nb" }, /is one line/],
      [{ pictures: [0], frameRate: -1 }, /A frame rate is from 0/],
      [{ pictures: [0], frameRate: Number.NaN }, /A frame rate is from 0/],
    ];
    for (const [{ pictures, ...more }, message] of wrong) {
      await expect(begin({ pictures: picked(...pictures), ...more })).rejects.toMatchObject({
        code: Code.INVALID_ARGUMENT,
        message: expect.stringMatching(message),
      });
    }
    const { sequences: left } = await sequences.list(anna, create(ListSequencesRequestSchema, { dataset }));
    expect(left).toEqual([]);
  });

  it("has pictures of its set alone, of one size, that no other has", async () => {
    const large = await new Pictures(database).add(anna, dataset, newPicture("large.png", { width: 9 }));
    await expect(begin({ pictures: [...picked(0), large.id as bigint] })).rejects.toMatchObject({
      code: Code.INVALID_ARGUMENT,
      message: `The picture "large.png" is 9 x 8, and the sequence's frames are 8 x 8.`,
    });
    const [foreign = 0n] = await makeSet(database, ["own.png"], stranger);
    await expect(begin({ pictures: [...picked(0), foreign] })).rejects.toMatchObject({ code: Code.NOT_FOUND });
    const made = await begin({ pictures: picked(0, 1) });
    await expect(begin({ name: "other", pictures: picked(2, 1) })).rejects.toMatchObject({
      code: Code.FAILED_PRECONDITION,
      message: 'The picture "1.png" is a frame of another sequence, and can be of one only.',
    });
    await expect(begin({ pictures: picked(2) })).rejects.toMatchObject({ code: Code.ALREADY_EXISTS });
    await expect(
      sequences.get(stranger, create(GetSequenceRequestSchema, { dataset, sequence: made.id as bigint })),
    ).rejects.toMatchObject({ code: Code.NOT_FOUND });
    await expect(
      tracks.list(stranger, create(ListTracksRequestSchema, { dataset, sequence: made.id as bigint })),
    ).rejects.toMatchObject({ code: Code.NOT_FOUND });
  });

  it("is of one split: that of its pictures, or the one that is said, which all of them have then", async () => {
    await update(picked(0, 1), "train");
    await expect(begin({ pictures: picked(0, 2) })).rejects.toMatchObject({
      code: Code.INVALID_ARGUMENT,
      message: expect.stringContaining('"train" and ""'),
    });
    const made = await begin({ pictures: picked(0, 1) });
    expect(made.split).toBe("train");
    const sequence = made.id as bigint;
    await add(sequence, { pictures: picked(2) });
    await expect(update(picked(1, 3), "val")).rejects.toMatchObject({
      code: Code.FAILED_PRECONDITION,
      message: expect.stringContaining('"1.png" is a frame of a sequence, which is in one split as a whole'),
    });
    await update(picked(1), "train");
    const request = { dataset, sequence, revision: 1, split: "val", name: "road", frameRate: 24 };
    expect(await sequences.update(anna, create(UpdateSequenceRequestSchema, request))).toMatchObject({
      split: "val",
      name: "road",
      frameRate: 24,
      revision: 2,
    });
    await expect(sequences.update(anna, create(UpdateSequenceRequestSchema, request))).rejects.toMatchObject({
      code: Code.ABORTED,
      reason: "CONFLICT",
    });
    const { pictures = [] } = await new Pictures(database).list(anna, create(ListPicturesRequestSchema, { dataset }));
    expect(pictures.map(({ split }) => split)).toEqual(["val", "val", "val", ""]);
  });

  it("leaves pictures and objects when it is deleted, unless they are to go; versions keep it", async () => {
    const sequence = (await begin({ pictures: picked(0, 1) })).id as bigint;
    const track = await tracks.create(
      anna,
      create(CreateTrackRequestSchema, { dataset, sequence, name: "one", label: 1 }),
    );
    const [object = 0n] = await makeObjects(database, anna, ids[0] as bigint, [columns(0, 2)], { track: track.id });
    const { number = 0 } = await new Versions(database).create(anna, create(CreateVersionRequestSchema, { dataset }));
    await sequences.delete(anna, create(DeleteSequenceRequestSchema, { dataset, sequence }));
    const listed = async (version = 0) =>
      (await new Objects(database).list(anna, create(ListObjectsRequestSchema, { dataset, version }))).objects;
    expect(await listed()).toMatchObject([{ id: object, track: 0n, label: 1, revision: 2 }]);
    expect(await listed(number)).toMatchObject([{ id: object, track: track.id, revision: 1 }]);
    expect((await names({ sequence }, { version: number })).names).toEqual(["0 0.png", "1 1.png"]);
    const again = (await begin({ pictures: picked(1, 0) })).id as bigint;
    expect(
      await sequences.delete(anna, create(DeleteSequenceRequestSchema, { dataset, sequence: again, pictures: true })),
    ).toEqual({ deleted: 2 });
    expect(await listed()).toEqual([]);
    const { sequences: left } = await sequences.list(anna, create(ListSequencesRequestSchema, { dataset }));
    expect(left).toEqual([]);
  });

  it("has at most 20,000 frames", async () => {
    const sequence = (await begin({ pictures: picked(0), numbers: [0] })).id as bigint;
    const { key } = await database.db.selectFrom("datasets").select("key").executeTakeFirstOrThrow();
    await sql`
      insert into pictures (dataset, image_id, width, height, bytes, media_type, split, name, state, added_by, sequence, frame)
      select ${key}, 'sha256:x', 8, 8, 1, 'image/png', '', 'f' || n, 1, 'anna', ${sequence}, n from generate_series(1, 19998) n
    `.execute(database.db);
    await expect(add(sequence, { pictures: picked(1, 2) })).rejects.toMatchObject({
      code: Code.INVALID_ARGUMENT,
      message: expect.stringContaining("at most 20000 frames, and this one would have 20001"),
    });
    expect(await add(sequence, { pictures: picked(1) })).toMatchObject({ frames: 20_000 });
  });
});

describe("M12: a track", () => {
  let sequence: bigint;
  let track: bigint;
  const make = async (name: string, label = 0) =>
    (await tracks.create(anna, create(CreateTrackRequestSchema, { dataset, sequence, name, label }))).id as bigint;
  beforeEach(async () => {
    sequence = (await begin({ pictures: picked(0, 1, 2) })).id as bigint;
    track = await make("one", 1);
  });
  const listed = async () =>
    (await tracks.list(anna, create(ListTracksRequestSchema, { dataset, sequence }))).tracks ?? [];
  const into = (place: number, more: object = {}) =>
    makeObjects(database, anna, ids[place] as bigint, [columns(place, place + 2)], { track, ...more });

  it("gives its objects its label, and has one in a picture", async () => {
    await into(2);
    const [object = 0n] = await into(0, { label: 1 });
    expect(await listed()).toMatchObject([
      { id: track, name: "one", label: 1, frames: 2, first: 0, last: 2, unsure: 0 },
    ]);
    await expect(into(0)).rejects.toThrow(/one there is all that it may have/);
    await expect(into(1, { label: 2 })).rejects.toThrow("An object has the label of its track");
    await expect(into(3)).rejects.toThrow(/no frame of the sequence/);
    await expect(into(1, { track: 99n })).rejects.toThrow("The data set has no track 99.");
    const patched = await save(database, anna, { object, revision: 1, change: { case: "patch", value: { label: 2 } } });
    expect(patched.saved?.[0]?.problem).toContain("An object has the label of its track");
    const out = await save(database, anna, {
      ...{ object, revision: 1 },
      change: { case: "patch", value: { track: 0n, label: 2 } },
    });
    expect(out.saved?.[0]).toMatchObject({ problem: "", object: { track: 0n, label: 2 } });
    const back = await save(database, anna, { object, revision: 2, change: { case: "takeBack", value: 1 } });
    expect(back.saved?.[0]).toMatchObject({ problem: "", object: { track, label: 1 } });
  });

  it("keeps a place for what comes back, and refuses what has lost it", async () => {
    const [object = 0n] = await into(0);
    await save(database, anna, { object, revision: 1, change: { case: "delete", value: true } });
    await into(0);
    const back = await save(database, anna, { object, revision: 2, change: { case: "takeBack", value: 1 } });
    expect(back.saved?.[0]?.problem).toMatch(/has another object in the picture/);
    // Both of a request are for one place.
    const value = { picture: ids[1] as bigint, rle: columns(0, 1), track };
    const { saved = [] } = await save(
      database,
      anna,
      { change: { case: "create", value } },
      { change: { case: "create", value } },
    );
    expect(saved.map(({ problem }) => problem === "")).toEqual([true, false]);
  });

  it("changes the label of all of its objects, each by a revision", async () => {
    const [object = 0n] = await into(0);
    await into(1);
    const request = { dataset, track, revision: 1, label: 2, name: "two" };
    expect(await tracks.update(anna, create(UpdateTrackRequestSchema, request))).toMatchObject({
      label: 2,
      name: "two",
    });
    await expect(tracks.update(anna, create(UpdateTrackRequestSchema, request))).rejects.toMatchObject({
      reason: "CONFLICT",
    });
    const { objects = [] } = await new Objects(database).list(
      anna,
      create(ListObjectsRequestSchema, { dataset, track }),
    );
    expect(objects.map(({ label }) => label)).toEqual([2, 2]);
    const history = await new Objects(database).revisions(
      anna,
      create(ListRevisionsRequestSchema, { dataset, object }),
    );
    expect(history.revisions?.map(({ label }) => label)).toEqual([2, 1]);
    // What it was before is of the track as it is now.
    const back = await save(database, anna, { object, revision: 2, change: { case: "takeBack", value: 1 } });
    expect(back.saved?.[0]?.object).toMatchObject({ label: 2, track });
    const { labels = [] } = await new Statistics(database).get(anna, { dataset } as never);
    expect(labels).toMatchObject([{ label: 2, objects: 2, tracks: 1 }]);
  });

  it("has a name of its own in its sequence, and holds its label", async () => {
    await expect(make("one")).rejects.toMatchObject({ code: Code.ALREADY_EXISTS });
    await expect(make("x", 7)).rejects.toMatchObject({ message: "The data set has no label 7." });
    const other = await make("two");
    await expect(
      tracks.update(anna, create(UpdateTrackRequestSchema, { dataset, track: other, revision: 1, name: "one" })),
    ).rejects.toMatchObject({ code: Code.ALREADY_EXISTS });
    await expect(
      new Sets(database).setLabels(
        anna,
        create(SetLabelsRequestSchema, { dataset, revision: 1, labels: [{ id: 2, name: "nucleus" }] }),
      ),
    ).rejects.toMatchObject({ message: expect.stringContaining('The track "one" has the label "cell"') });
  });

  it("is deleted with its objects, or without", async () => {
    await into(0);
    await into(1);
    const other = await make("two");
    await makeObjects(database, anna, ids[2] as bigint, [columns(0, 1)], { track: other });
    expect(await tracks.delete(anna, create(DeleteTrackRequestSchema, { dataset, track }))).toEqual({ deleted: 0 });
    expect(
      await tracks.delete(anna, create(DeleteTrackRequestSchema, { dataset, track: other, objects: true })),
    ).toEqual({ deleted: 1 });
    expect(await listed()).toEqual([]);
    const { objects = [] } = await new Objects(database).list(anna, create(ListObjectsRequestSchema, { dataset }));
    expect(objects).toMatchObject([{ track: 0n, state: ObjectState.TO_REVIEW }, { track: 0n }]);
    expect(await new Statistics(database).get(anna, { dataset } as never)).toMatchObject({
      sequences: 1,
      frames: 3,
      tracks: 0,
    });
  });
});
