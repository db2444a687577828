import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  type Annotation,
  AnnotationSchema,
  DetailMode,
  EncodeReadySchema,
  MaskSchema,
  type SegmentEverythingEvent,
  SegmentEverythingEventSchema,
  SegmentEverythingRequestSchema,
  type SegmentRequest,
  SegmentResultSchema,
} from "../../../proto/index.js";
import { overloaded } from "../../../services/runtime/errors.js";
import type { Region } from "../region.js";
import type { DetailOutcome } from "./detail-metrics.js";
import { withFinerMasks } from "./finer-everything.js";
import { groupByPart } from "./parts-of-search.js";
import { encodedMask } from "./testing/encoded-mask.js";

const picture = { width: 1000, height: 800 };
const imageId = `sha256:${"a".repeat(64)}`;

const annotation = (id: number, region: Region): Annotation =>
  create(AnnotationSchema, {
    id,
    mask: encodedMask(picture, region),
    point: { x: region.x + 2, y: region.y + 2, label: 1 },
    cropBox: { x: 0, y: 0, ...picture },
  });
const cup = { x: 500, y: 400, width: 40, height: 30 };
const spoon = { x: 560, y: 420, width: 30, height: 20 };
const table = { x: 50, y: 300, width: 700, height: 400 };
const far = { x: 40, y: 40, width: 60, height: 60 };

type Event = SegmentEverythingEvent["event"];
const found = (one: Annotation): Event => ({ case: "found", value: one });

interface World {
  events?: Event[];
  detail?: DetailMode;
  perPicture?: number;
  finer?: (request: SegmentRequest) => Region;
  encode?: (part: Region) => void;
  mostMs?: number;
}

async function search({
  events = [found(annotation(1, cup)), found(annotation(2, table))],
  detail = DetailMode.AUTO,
  perPicture = 4,
  finer = ({ prompt }) => around(prompt?.points[0]?.x ?? 0),
  encode = () => {},
  mostMs = 60_000,
}: World) {
  const encoded: Region[] = [];
  const asked: SegmentRequest[] = [];
  const outcomes: DetailOutcome[] = [];
  const answer = withFinerMasks(
    {
      encodePart: async ({ crop }) => {
        encoded.push(crop);
        encode(crop);
        return create(EncodeReadySchema, {});
      },
      segment: async (request) => {
        asked.push(request);
        return create(SegmentResultSchema, { masks: [create(MaskSchema, encodedMask(picture, finer(request)))] });
      },
    },
    { perPicture, mostMs },
    { ended: (outcome) => void outcomes.push(outcome) },
    async () =>
      (async function* () {
        for (const event of events) yield create(SegmentEverythingEventSchema, { event });
        yield create(SegmentEverythingEventSchema, { event: { case: "done", value: { masks: 2, points: 9 } } });
      })(),
  );
  const request = create(SegmentEverythingRequestSchema, { imageId, model: "m", detail });
  const heard: string[] = [];
  for await (const { event } of await answer(request, { signal: new AbortController().signal })) {
    if (event.case === "found") heard.push(`found ${event.value.id} ${event.value.mask?.bbox?.width} wide`);
    else if (event.case === "retracted") heard.push(`retracted ${event.value.id}`);
    else heard.push(String(event.case));
  }
  return { heard, encoded, asked, outcomes };
}

/** What is found again: one pixel wider. */
const around = (x: number): Region => {
  const one = [cup, spoon, table, far].find((region) => region.x + 2 === x) ?? cup;
  return { ...one, width: one.width + 1 };
};

describe("everything mode with detail", () => {
  it("Z9 looks at small objects again before its end, and retracts the mask that a finer one replaces", async () => {
    const { heard, encoded, asked, outcomes } = await search({});
    expect(heard).toEqual(["found 1 40 wide", "found 2 700 wide", "retracted 1", "found 3 41 wide", "done"]);
    expect(encoded).toEqual([{ x: 384, y: 256, width: 288, height: 288 }]);
    expect(asked).toMatchObject([{ imageId, model: "m", preview: true, crop: { x: 384 } }]);
    expect(asked[0]?.prompt).toMatchObject({ points: [{ x: 502, y: 402 }], mask: { source: { case: "rle" } } });
    expect(outcomes).toEqual(["finer"]);
  });

  it("Z9 leaves out what was retracted, and looks at neighbours in one part", async () => {
    const events: Event[] = [
      found(annotation(1, cup)),
      found(annotation(2, far)),
      found(annotation(3, spoon)),
      { case: "retracted", value: { $typeName: "maskwire.v1.AnnotationRetracted", id: 2 } },
    ];
    const { heard, encoded } = await search({ events });
    expect(heard.slice(4)).toEqual(["retracted 1", "found 4 41 wide", "retracted 3", "found 5 31 wide", "done"]);
    expect(encoded).toHaveLength(1);
  });

  it("Z9 shows no object twice, and keeps what finds nothing finer", async () => {
    const events: Event[] = [found(annotation(1, cup)), found(annotation(2, { ...cup, width: 38 }))];
    const { heard, outcomes } = await search({ events });
    expect(heard.slice(2)).toEqual(["done"]);
    expect(outcomes).toEqual(["kept"]);
    const other = await search({ finer: () => far });
    expect([other.heard.slice(2), other.outcomes]).toEqual([["done"], ["kept"]]);
  });

  it.each<[string, World, number]>([
    ["off", { detail: DetailMode.OFF }, 0],
    ["set to none (Z6)", { perPicture: 0 }, 0],
    ["of all objects", { detail: DetailMode.ALWAYS, events: [found(annotation(1, { ...far, width: 200 }))] }, 1],
    ["of small ones alone", { events: [found(annotation(1, { ...far, width: 200 }))] }, 0],
    ["over its time", { mostMs: -1 }, 0],
  ])("Z9 is %s", async (_name, world, parts) => {
    expect((await search(world)).encoded).toHaveLength(parts);
  });

  it("Z6 has no more parts than it may, those with most masks, and leaves those that are refused", async () => {
    const events: Event[] = [found(annotation(1, far)), found(annotation(2, cup)), found(annotation(3, spoon))];
    const one = await search({ events, perPicture: 1 });
    expect([one.encoded.length, one.encoded[0]?.x]).toEqual([1, 384]);
    const refused = await search({
      events,
      encode: ({ x }) => {
        if (x > 0) throw overloaded("Too many.", 10);
      },
    });
    expect(refused.heard.slice(3)).toEqual(["retracted 1", "found 4 61 wide", "done"]);
    expect(refused.outcomes).toEqual(["refused", "finer"]);
  });
});

it("groups objects by parts that hold them all, none of which is much larger than its own", () => {
  const request = { detail: DetailMode.AUTO };
  const all = [annotation(2, cup), annotation(1, spoon), annotation(3, far)];
  const groups = groupByPart(request, all, 9).map(({ part, annotations }) => [part.x, annotations.map(({ id }) => id)]);
  expect(groups).toEqual([
    [384, [2, 1]],
    [0, [3]],
  ]);
  expect(groupByPart({ detail: DetailMode.UNSPECIFIED }, all, 9)).toEqual([]);
});
