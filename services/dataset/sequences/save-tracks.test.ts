import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { beforeAll, beforeEach, expect, it } from "vitest";
import {
  CreateSequenceRequestSchema,
  Gear,
  ListObjectsRequestSchema,
  ObjectState,
  type Rle,
  SaveTracksRequestSchema,
  TrackState,
} from "../../../proto/index.js";
import { Code } from "../../runtime/errors.js";
import type { Database } from "../database/database.js";
import { changeObjects } from "../objects/change-objects.js";
import type { Step } from "../objects/next-revision.js";
import { Objects } from "../objects/objects.js";
import { anna, ben, columns, makeSet, save, stranger } from "../testing/made-set.js";
import { TestServer } from "../testing/test-server.js";
import { waiting } from "../testing/waiting.js";
import { SaveTracks } from "./save-tracks.js";
import { Sequences } from "./sequences.js";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  return () => server.close();
});

const dataset = "cells";
let database: Database;
let sequence: bigint;
beforeEach(async () => {
  database = await server.database();
  const pictures = await makeSet(database, ["0.png", "1.png", "2.png"]);
  const request = create(CreateSequenceRequestSchema, { dataset, name: "street", pictures });
  sequence = (await new Sequences(database).create(anna, request)).id as bigint;
});

type Mask = readonly [state: TrackState, rle?: Pick<Rle, "size" | "counts">];
const { TRACKED, UNSURE, ABSENT, CORRECTED } = TrackState;

/** One object, a mask a frame. */
const request = (masks: readonly Mask[], more: MessageInitShape<typeof SaveTracksRequestSchema> = {}) =>
  create(SaveTracksRequestSchema, {
    ...{ dataset, sequence, model: "sam", objects: [{ object: 1, name: "car", label: 1 }] },
    frames: masks.map(([state, rle], frame) => ({
      frame,
      objects: [{ object: 1, state, agreement: 0.75, ...(rle && { mask: { rle, area: 8, predictedIou: 0.5 } }) }],
    })),
    prompts: [{ frame: 0, object: 1, prompt: { points: [{ x: 1, y: 2 }] } }],
    ...more,
  });
const keep = (masks: readonly Mask[], who = anna, more: MessageInitShape<typeof SaveTracksRequestSchema> = {}) =>
  new SaveTracks(database, (model) => `weights of ${model}`).save(who, request(masks, more));
const listed = async (states: ObjectState[] = []) =>
  (await new Objects(database).list(anna, create(ListObjectsRequestSchema, { dataset, states }))).objects ?? [];

const all: Mask[] = [
  [CORRECTED, columns(0, 2)],
  [TRACKED, columns(1, 3)],
  [UNSURE, columns(2, 4)],
];

it("M13: keeps an object a frame with how it came about", async () => {
  const answer = await keep(all);
  expect(answer).toMatchObject({ made: 3, replaced: 0, same: 0, gone: 0, left: 0 });
  expect(answer.tracks).toMatchObject([{ name: "car", label: 1, frames: 3, first: 0, last: 2, unsure: 1 }]);
  const objects = await listed();
  const track = answer.tracks?.[0]?.id;
  expect(objects).toMatchObject([
    {
      track,
      label: 1,
      rle: columns(0, 2),
      state: ObjectState.TO_REVIEW,
      provenance: { gear: Gear.ASSISTED, trackState: CORRECTED },
    },
    {
      track,
      label: 1,
      rle: columns(1, 3),
      state: ObjectState.PROPOSED,
      provenance: { gear: Gear.AUTOMATIC, trackState: TRACKED },
    },
    {
      track,
      state: ObjectState.PROPOSED,
      provenance: {
        trackState: UNSURE,
        agreement: 0.75,
        model: "sam",
        weights: "weights of sam",
        person: "anna",
        predictedIou: 0.5,
      },
    },
  ]);
  expect(objects.map(({ provenance }) => provenance?.prompts?.length)).toEqual([1, 0, 0]);
});

it("takes of a frame that is told twice what was told last", async () => {
  const first = request([[TRACKED, columns(0, 2)]]).frames;
  const { frames: again } = request([[CORRECTED, columns(1, 3)]]);
  expect(await keep([], anna, { frames: [...first, ...again] })).toMatchObject({ made: 1 });
  expect(await listed()).toMatchObject([{ rle: columns(1, 3), provenance: { trackState: CORRECTED } }]);
});

it("M13: changes nothing by the same again, and what was followed by what is followed now", async () => {
  await keep(all);
  expect(await keep(all)).toMatchObject({ made: 0, replaced: 0, same: 3, gone: 0, left: 0 });
  const next: Mask[] = [[CORRECTED, columns(0, 2)], [ABSENT], [TRACKED, columns(3, 5)]];
  expect(await keep(next)).toMatchObject({ made: 0, replaced: 1, same: 1, gone: 1, left: 0 });
  expect(await listed()).toMatchObject([
    { revision: 1 },
    { revision: 2, rle: columns(3, 5), provenance: { trackState: TRACKED } },
  ]);
  expect(await keep(next)).toMatchObject({ same: 3, gone: 0 });
  // It comes back as the object that it was.
  expect(await keep(all)).toMatchObject({ made: 0, replaced: 2, same: 1 });
  expect(await listed()).toMatchObject([{ revision: 1 }, { revision: 3, rle: columns(1, 3) }, { revision: 3 }]);
});

it("M13: leaves what people have accepted, changed or deleted; what they rejected is made anew", async () => {
  await keep(all);
  const [first, second, third] = (await listed()).map(({ id }) => id as bigint);
  const patch = (object = 0n, value: object, who = ben) =>
    save(database, who, { object, revision: 1, change: { case: "patch", value } });
  await patch(first, { state: ObjectState.ACCEPTED });
  await patch(second, { rle: columns(5, 6) });
  await save(database, ben, { object: third as bigint, revision: 1, change: { case: "delete", value: true } });
  const other: Mask[] = [
    [TRACKED, columns(6, 7)],
    [TRACKED, columns(6, 7)],
    [TRACKED, columns(6, 7)],
  ];
  expect(await keep(other)).toMatchObject({ made: 0, replaced: 0, left: 3 });
  expect(await keep([[ABSENT], [ABSENT], [ABSENT]])).toMatchObject({ gone: 0, left: 2, same: 1 });
  expect(await listed()).toMatchObject([
    { rle: columns(0, 2), revision: 2 },
    { rle: columns(5, 6), revision: 2 },
  ]);
  await save(database, ben, {
    object: first as bigint,
    revision: 2,
    change: { case: "patch", value: { state: ObjectState.REJECTED, reason: "too small" } },
  });
  expect(await keep([[CORRECTED, columns(0, 3)]])).toMatchObject({ replaced: 1 });
  expect((await listed())[0]).toMatchObject({ state: ObjectState.TO_REVIEW, reason: "", revision: 4 });
});

it("keeps nothing of what cannot be meant", async () => {
  const wrong: [string, MessageInitShape<typeof SaveTracksRequestSchema>, Code, RegExp][] = [
    [
      "a frame that is not there",
      { frames: [{ frame: 9, objects: [{ object: 1, state: TRACKED, mask: { rle: columns(0, 1) } }] }] },
      Code.NOT_FOUND,
      /"street" has no frame 9/,
    ],
    ["no object", { objects: [] }, Code.INVALID_ARGUMENT, /names none/],
    [
      "an object twice",
      {
        objects: [
          { object: 1, name: "a" },
          { object: 1, name: "b" },
        ],
      },
      Code.INVALID_ARGUMENT,
      /one number twice/,
    ],
    [
      "a name twice",
      {
        objects: [
          { object: 1, name: "a" },
          { object: 2, name: "a" },
        ],
      },
      Code.INVALID_ARGUMENT,
      /one name twice/,
    ],
    ["an object that is not said", { objects: [{ object: 2, name: "a" }] }, Code.INVALID_ARGUMENT, /none of `objects`/],
    [
      "a label that there is not",
      { objects: [{ object: 1, name: "a", label: 9 }] },
      Code.INVALID_ARGUMENT,
      /no label 9/,
    ],
    [
      "no state",
      { frames: [{ frame: 0, objects: [{ object: 1, mask: { rle: columns(0, 1) } }] }] },
      Code.INVALID_ARGUMENT,
      /needs a state/,
    ],
    [
      "no mask",
      { frames: [{ frame: 0, objects: [{ object: 1, state: TRACKED }] }] },
      Code.INVALID_ARGUMENT,
      /has no mask/,
    ],
    [
      "a mask of another size",
      {
        frames: [{ frame: 0, objects: [{ object: 1, state: TRACKED, mask: { rle: { size: [4, 4], counts: "04" } } }] }],
      },
      Code.INVALID_ARGUMENT,
      /./,
    ],
  ];
  for (const [what, more, code, message] of wrong) {
    await expect(keep(all, anna, more), what).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  }
  expect(await listed()).toEqual([]);
  expect(await database.db.selectFrom("tracks").selectAll().execute()).toEqual([]);
});

it("keeps at most 2,000 masks at once, and none in another tenant's set", async () => {
  const objects = Array.from({ length: 16 }, (_, at) => ({ object: at + 1, name: `o${at}` }));
  const frames = Array.from({ length: 126 }, (_, frame) => ({
    frame,
    objects: objects.map(({ object }) => ({ object, state: TRACKED, mask: { rle: columns(0, 1) } })),
  }));
  await expect(keep([], anna, { objects, frames })).rejects.toMatchObject({
    code: Code.INVALID_ARGUMENT,
    message: expect.stringContaining("At most 2000 masks are kept at once, and there are 2016"),
  });
  await expect(keep(all, stranger)).rejects.toMatchObject({ code: Code.NOT_FOUND });
  await makeSet(database, [], stranger);
  await expect(keep(all, stranger)).rejects.toMatchObject({ message: `The data set has no sequence ${sequence}.` });
});

it("two who keep the same at once make it once", async () => {
  const answers = await Promise.all([keep(all), keep(all, ben)]);
  expect(answers.map(({ made }) => made).sort()).toEqual([0, 3]);
  expect(await listed()).toHaveLength(3);
});

const remove: Step = { kind: "delete" };
const draw: Step = {
  ...{ kind: "patch", rle: columns(5, 7), label: undefined, state: ObjectState.UNSPECIFIED, reason: undefined },
  ...{ provenance: undefined, attributes: {} },
};

it.each([
  ["deletes", remove, []],
  ["corrects", draw, [{ rle: columns(5, 7), revision: 2 }]],
])("M13: what a person %s while tracks are saved stays theirs", async (_what, step, expected) => {
  await keep([[TRACKED, columns(0, 2)]]);
  const [{ id: object = 0n, dataset: set = 0 } = {}] = await database.db.selectFrom("objects").selectAll().execute();
  let kept: ReturnType<typeof keep> | undefined;
  await database.transaction(async (trx) => {
    const changes = [{ kind: "step" as const, object, revision: 1, step }];
    const [outcome] = await changeObjects(trx, { set, person: "ben" }, changes);
    expect(outcome?.problem).toBeUndefined();
    kept = keep([[TRACKED, columns(1, 3)]]);
    await expect.poll(() => waiting(database)).toBe(1);
  });
  expect(await kept).toMatchObject({ made: 0, replaced: 0, left: 1 });
  expect(await listed()).toMatchObject(expected);
});
