import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  FinishAuditItemRequestSchema,
  Gear,
  GetAuditRequestSchema,
  GetStatisticsRequestSchema,
  ListAuditItemsRequestSchema,
  ListAuditsRequestSchema,
  NextReviewsRequestSchema,
  ObjectState,
  PictureState,
  ReviewObjectsRequestSchema,
  StartAuditRequestSchema,
  UpdatePicturesRequestSchema,
} from "../../../proto/index.js";
import { Code } from "../../runtime/errors.js";
import type { Database } from "../database/database.js";
import { ChangePictures } from "../pictures/change-pictures.js";
import { Statistics } from "../statistics/statistics.js";
import { anna, ben, columns, makeObjects, makeSet, save, stranger } from "../testing/made-set.js";
import { TestServer, testServers } from "../testing/test-server.js";
import { Audits } from "./audits.js";
import { Reviews } from "./reviews.js";

describe.each(testServers())("on $name", ({ programs }) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start(programs);
    return () => server.close();
  });

  let database: Database;
  let first: bigint;
  let second: bigint;
  beforeEach(async () => {
    database = await server.database();
    [first = 0n, second = 0n] = await makeSet(database, ["a.png", "b.png"]);
  });

  let keys = 0;
  const decide = (verdicts: MessageInitShape<typeof ReviewObjectsRequestSchema>["verdicts"], who = ben) =>
    new Reviews(database).decide(
      who,
      create(ReviewObjectsRequestSchema, {
        dataset: "cells",
        verdicts: (verdicts ?? []).map((one) => ({ key: `v${++keys}`, revision: 1, ...one })) as typeof verdicts &
          object,
      }),
    );
  const accept = (objects: readonly bigint[]) =>
    decide(objects.map((object) => ({ object, accept: true, seconds: 2 })));
  const statistics = (since?: Date) =>
    new Statistics(database).get(
      anna,
      create(GetStatisticsRequestSchema, {
        dataset: "cells",
        ...(since && { since: { seconds: BigInt(Math.floor(since.getTime() / 1000)) } }),
      }),
    );

  describe("objects that wait", () => {
    const next = async (more: MessageInitShape<typeof NextReviewsRequestSchema> = {}, who = ben) => {
      const {
        objects = [],
        pictures = [],
        waiting,
      } = await new Reviews(database).next(who, create(NextReviewsRequestSchema, { dataset: "cells", ...more }));
      return { objects: objects.map(({ id }) => id), pictures: pictures.map(({ id }) => id), waiting };
    };

    it("come as they were made, by what is asked for", async () => {
      const [one = 0n] = await makeObjects(database, anna, second, [columns(0, 1)], { label: 1 });
      const [two = 0n, three = 0n] = await makeObjects(database, ben, first, [columns(0, 1), columns(1, 2)], {
        label: 2,
      });
      const [model = 0n] = await makeObjects(database, anna, first, [columns(3, 4)], { state: ObjectState.PROPOSED });
      await makeObjects(database, anna, first, [columns(5, 6)], { state: ObjectState.ACCEPTED });
      expect(await next()).toEqual({ objects: [one, two, three], pictures: [first, second], waiting: 3 });
      expect(await next({ after: one, count: 1 })).toEqual({ objects: [two], pictures: [first], waiting: 3 });
      expect(await next({ proposed: true })).toMatchObject({ objects: [one, two, three, model], waiting: 4 });
      expect(await next({ labels: [1] })).toMatchObject({ objects: [one], waiting: 1 });
      expect(await next({ labels: [99] })).toMatchObject({ objects: [], waiting: 0 });
      expect(await next({ people: ["ben"] })).toMatchObject({ objects: [two, three], waiting: 2 });
      expect((await next({ othersOnly: true })).objects).toEqual([one]);
      expect(
        (
          await next({
            filter: {
              $typeName: "maskwire.v1.PictureFilter",
              name: "b.",
              splits: [],
              states: [],
              labels: [],
              objectStates: [],
              people: [],
              empty: false,
              sequence: 0n,
            },
          })
        ).objects,
      ).toEqual([one]);
    });

    it("are accepted, or go back to their maker with the reason", async () => {
      const [good = 0n, bad = 0n, other = 0n] = await makeObjects(database, anna, first, [
        columns(0, 1),
        columns(1, 2),
        columns(2, 3),
      ]);
      const { saved = [] } = await decide([
        { object: good, accept: true },
        { object: bad, reason: "Its edge is off." },
        { object: other },
        { object: 999_999n, accept: true },
      ]);
      expect(saved.map(({ problem, object }) => [problem, object?.state])).toEqual([
        ["", ObjectState.ACCEPTED],
        ["", ObjectState.REJECTED],
        ["Say in `reason` why it is rejected: whoever made it reads that.", ObjectState.TO_REVIEW],
        ["The data set has no object 999999.", undefined],
      ]);
      expect(saved[1]?.object).toMatchObject({ reason: "Its edge is off.", revision: 2, rle: columns(1, 2) });
      expect(await next()).toEqual({ objects: [other], pictures: [first], waiting: 1 });
      // Its maker mends it, and it waits again.
      const mended = await save(database, anna, {
        object: bad,
        revision: 2,
        change: { case: "patch", value: { rle: columns(1, 3) } },
      });
      expect(mended.saved?.[0]?.object).toMatchObject({ state: ObjectState.TO_REVIEW, reason: "", revision: 3 });
      const late = await decide([{ object: bad, revision: 2, accept: true }]);
      expect(late.saved).toMatchObject([{ conflict: true, object: { revision: 3 } }]);
    });

    it("are their own tenant's", async () => {
      const [object = 0n] = await makeObjects(database, anna, first, [columns(0, 1)]);
      await makeSet(database, [], stranger);
      expect(await next({}, stranger)).toEqual({ objects: [], pictures: [], waiting: 0 });
      const { saved } = await decide([{ object, accept: true }], stranger);
      expect(saved).toMatchObject([{ problem: `The data set has no object ${object}.` }]);
    });
  });

  describe("an audit", () => {
    const audits = () => new Audits(database);
    const start = (more: MessageInitShape<typeof StartAuditRequestSchema> = {}, who = anna) =>
      audits().start(who, create(StartAuditRequestSchema, { dataset: "cells", size: 3, ...more }));
    const items = (audit: string, more: MessageInitShape<typeof ListAuditItemsRequestSchema> = {}) =>
      audits().items(anna, create(ListAuditItemsRequestSchema, { dataset: "cells", audit, ...more }));
    const drawn = async (audit: string) => ((await items(audit)).items ?? []).map(({ before }) => before?.id as bigint);
    const finish = (audit: string, object: bigint) =>
      audits().finish(ben, create(FinishAuditItemRequestSchema, { dataset: "cells", audit, object }));

    it("draws the same sample with the same seed, and of accepted objects only", async () => {
      const accepted = await makeObjects(
        database,
        anna,
        first,
        Array.from({ length: 8 }, (_, at) => columns(at, at + 1)),
        {
          state: ObjectState.ACCEPTED,
        },
      );
      await makeObjects(database, anna, second, [columns(0, 1)]);
      const samples = await Promise.all(
        [7n, 7n, 8n, 2n ** 64n - 1n].map(async (seed) => drawn((await start({ seed })).id as string)),
      );
      expect(samples[0]).toHaveLength(3);
      expect(samples[1]).toEqual(samples[0]);
      expect(samples.slice(2)).not.toContainEqual(samples[0]);
      expect(accepted).toEqual(expect.arrayContaining(samples.flat()));
      const all = await start({ size: 100 });
      expect(all).toMatchObject({ size: 8, finished: 0, histogram: [0, 0, 0, 0, 0, 0, 0] });
      const { audits: listed } = await audits().list(anna, create(ListAuditsRequestSchema, { dataset: "cells" }));
      expect(listed?.map(({ size }) => size)).toEqual([8, 3, 3, 3, 3]);
    });

    it("holds what was drawn against what it was corrected to", async () => {
      const [same = 0n, half = 0n, gone = 0n] = await makeObjects(
        database,
        anna,
        first,
        [columns(0, 4), columns(0, 8), columns(2, 3)],
        { state: ObjectState.ACCEPTED },
      );
      const audit = (await start()).id as string;
      await save(database, ben, {
        object: half,
        revision: 1,
        change: { case: "patch", value: { rle: columns(0, 5) } },
      });
      await save(database, ben, { object: gone, revision: 1, change: { case: "delete", value: true } });
      expect(await finish(audit, same)).toMatchObject({
        iou: 1,
        before: { id: same },
        after: { revision: 1 },
        picture: { id: first },
      });
      expect(await finish(audit, half)).toMatchObject({
        iou: 0.625,
        before: { area: 64 },
        after: { area: 40, revision: 2 },
      });
      expect((await items(audit, { waiting: true })).items).toMatchObject([{ before: { id: gone } }]);
      const [waits] = (await items(audit)).items ?? [];
      expect(waits).toMatchObject({ before: { id: gone } });
      expect(waits).not.toHaveProperty("iou");
      await finish(audit, gone);
      const sums = await audits().get(anna, create(GetAuditRequestSchema, { dataset: "cells", audit }));
      expect(sums).toMatchObject({ finished: 3, histogram: [1, 0, 1, 0, 0, 0, 1] });
      expect(sums.shareOver90).toBeCloseTo(1 / 3);
      expect(sums.shareOver75).toBeCloseTo(1 / 3);
      expect(sums.meanIou).toBeCloseTo(1.625 / 3);
      const page = await items(audit, { pageSize: 2 });
      expect((await items(audit, { pageSize: 2, page: page.nextPage ?? "" })).items).toHaveLength(1);
      await expect(finish(audit, 999_999n)).rejects.toMatchObject({ code: Code.NOT_FOUND });
    });

    it("is its own tenant's, and of what there is", async () => {
      await expect(start()).rejects.toMatchObject({ code: Code.FAILED_PRECONDITION });
      await expect(start({ size: 0 })).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
      await makeObjects(database, anna, first, [columns(0, 1)], { state: ObjectState.ACCEPTED });
      const { id = "" } = await start();
      await makeSet(database, [], stranger);
      for (const audit of [id, "no audit"]) {
        await expect(
          audits().get(stranger, create(GetAuditRequestSchema, { dataset: "cells", audit })),
        ).rejects.toMatchObject({ code: Code.NOT_FOUND });
      }
    });
  });

  describe("statistics", () => {
    it("count what there is, and the time that people's masks take", async () => {
      const timed = (seconds: number, gear = Gear.ASSISTED) => ({ label: 1, provenance: { gear, seconds } });
      const [one = 0n] = await makeObjects(database, anna, first, [columns(0, 1)], timed(10));
      const [two = 0n] = await makeObjects(database, anna, first, [columns(1, 2)], timed(20));
      await makeObjects(database, anna, first, [columns(2, 3)], { ...timed(90), label: 2 });
      // Its time is not known.
      await makeObjects(database, ben, first, [columns(3, 4)], { label: 2 });
      await makeObjects(database, ben, first, [columns(4, 5)], {
        state: ObjectState.PROPOSED,
        provenance: { gear: Gear.AUTOMATIC },
      });
      await accept([one]);
      await decide([{ object: two, reason: "No.", seconds: 3 }]);
      await new ChangePictures(database).update(
        anna,
        create(UpdatePicturesRequestSchema, { dataset: "cells", pictures: [second], state: PictureState.DONE }),
      );
      const day = new Date().toISOString().slice(0, 10);
      expect(await statistics()).toEqual({
        pictures: 2,
        picturesDone: 1,
        picturesSkipped: 0,
        sequences: 0,
        frames: 0,
        tracks: 0,
        objects: 5,
        labels: [
          { label: 0, objects: 1, accepted: 0, meanSeconds: 0, medianSeconds: 0, tracks: 0 },
          { label: 1, objects: 2, accepted: 1, meanSeconds: 15, medianSeconds: 15, tracks: 0 },
          { label: 2, objects: 2, accepted: 0, meanSeconds: 90, medianSeconds: 90, tracks: 0 },
        ],
        states: expect.arrayContaining([
          { state: ObjectState.PROPOSED, gear: Gear.AUTOMATIC, objects: 1 },
          { state: ObjectState.TO_REVIEW, gear: Gear.ASSISTED, objects: 2 },
          { state: ObjectState.ACCEPTED, gear: Gear.ASSISTED, objects: 1 },
          { state: ObjectState.REJECTED, gear: Gear.ASSISTED, objects: 1 },
        ]),
        people: [
          { person: "anna", masks: 3, meanSeconds: 40, medianSeconds: 20, accepted: 1, rejected: 1, reviewed: 0 },
          { person: "ben", masks: 1, meanSeconds: 0, medianSeconds: 0, accepted: 0, rejected: 0, reviewed: 2 },
        ],
        days: [
          { day, person: "anna", masks: 3, meanSeconds: 40 },
          { day, person: "ben", masks: 1, meanSeconds: 0 },
        ],
        masksByPeople: 4,
        meanSeconds: 40,
        medianSeconds: 20,
      });
      expect(await statistics(new Date(Date.now() + 3_600_000))).toMatchObject({
        objects: 5,
        masksByPeople: 0,
        people: [],
      });
    });

    it("hold people's masks against true ones where these are", async () => {
      await makeObjects(database, anna, first, [columns(0, 4), columns(6, 8)], {
        label: 1,
        state: ObjectState.ACCEPTED,
      });
      await makeObjects(database, ben, second, [columns(0, 2), columns(6, 8)], { label: 1 });
      await makeObjects(database, ben, second, [columns(0, 4)], { label: 2 });
      await new ChangePictures(database).update(
        anna,
        create(UpdatePicturesRequestSchema, {
          dataset: "cells",
          pictures: [second],
          attributes: { "ground-truth": "a.png" },
        }),
      );
      const { people } = await statistics();
      expect(people).toMatchObject([{ person: "anna" }, { person: "ben", againstTruth: 3, truthIou: 0.5 }]);
      expect(people?.[0]).not.toHaveProperty("againstTruth");
    });

    it("hold the first 500 masks of a picture against true ones, however many it has", async () => {
      await makeObjects(database, anna, first, [columns(0, 1), columns(0, 4)]);
      const some = [columns(7, 8), columns(0, 2), ...Array.from({ length: 298 }, () => columns(0, 4))];
      for (let times = 0; times < 2; times++) await makeObjects(database, ben, second, some);
      await new ChangePictures(database).update(
        anna,
        create(UpdatePicturesRequestSchema, {
          dataset: "cells",
          pictures: [second],
          attributes: { "ground-truth": "a.png" },
        }),
      );
      const { people } = await statistics();
      // Two of them touch no true mask, and two have half of one.
      expect(people).toMatchObject([
        { person: "anna" },
        { person: "ben", againstTruth: 500, truthIou: (496 + 2 * 0.5) / 500 },
      ]);
    });
  });
});
