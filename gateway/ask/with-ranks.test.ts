import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import {
  GroundResponseSchema,
  type SegmentEverythingEvent,
  SegmentEverythingEventSchema,
  SegmentEverythingRequestSchema,
} from "../../proto/index.js";
import type { AskCall } from "./answer.js";
import { withRanks } from "./with-ranks.js";

const call = { signal: new AbortController().signal };
const imageId = `sha256:${"a".repeat(64)}`;
const found = (id: number, width: number) => {
  const mask = { area: width * 4, bbox: { x: id, y: 0, width, height: 4 } };
  return create(SegmentEverythingEventSchema, { event: { case: "found", value: { id, mask } } });
};

async function* search(): AsyncGenerator<SegmentEverythingEvent> {
  yield found(1, 2);
  yield found(2, 8);
  yield found(3, 4);
  yield create(SegmentEverythingEventSchema, { event: { case: "retracted", value: { id: 1 } } });
  yield create(SegmentEverythingEventSchema, { event: { case: "done", value: { masks: 2 } } });
}

async function ranked(rankBy: string, events = search, by: AskCall = call) {
  const asked: unknown[] = [];
  const encoders = {
    ground: async (request: object) => {
      asked.push(request);
      return create(GroundResponseSchema, { boxes: [{ score: 0.25 }, { score: 0.75 }] });
    },
  };
  const everything = withRanks(encoders, async () => events());
  let last: SegmentEverythingEvent | undefined;
  for await (const event of await everything(create(SegmentEverythingRequestSchema, { imageId, rankBy }), by))
    last = event;
  return { asked, done: last?.event.case === "done" ? last.event.value.ranked : undefined };
}

it("G9 the end says how well words go with what was kept, the best first", async () => {
  const { asked, done } = await ranked("a red mug");
  const candidates = [
    { x0: 2, y0: 0, x1: 10, y1: 4 },
    { x0: 3, y0: 0, x1: 7, y1: 4 },
  ];
  expect(asked).toEqual([{ imageId, text: "a red mug", candidates }]);
  expect(done).toMatchObject([
    { id: 3, score: 0.75 },
    { id: 2, score: 0.25 },
  ]);
});

it("Q1 the look for it counts as an encode", async () => {
  let used = 0;
  const takeEncode = () => {
    used++;
    return { correct: () => {} };
  };
  await ranked("a red mug", search, { ...call, takeEncode });
  await ranked("", search, { ...call, takeEncode });
  expect(used).toBe(1);
});

it("G9 nobody is asked without words, or about nothing", async () => {
  expect(await ranked("")).toEqual({ asked: [], done: [] });
  async function* nothing() {
    yield create(SegmentEverythingEventSchema, { event: { case: "done", value: {} } });
  }
  expect(await ranked("a red mug", nothing)).toEqual({ asked: [], done: [] });
});
