import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import {
  type DetectorSchema,
  type GroundResponse,
  GroundResponseSchema,
  ListDetectorsResponseSchema,
  type SegmentEverythingEvent,
  SegmentEverythingEventSchema,
  SegmentEverythingRequestSchema,
} from "../../proto/index.js";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import type { Call } from "../../services/runtime/grpc/call.js";
import type { AskCall } from "./answer.js";
import { withRanks } from "./with-ranks.js";

const call = { signal: new AbortController().signal };
const imageId = `sha256:${"a".repeat(64)}`;
const found = (id: number, width: number) => {
  const mask = { area: width * 4, bbox: { x: id, y: 0, width, height: 4 } };
  return create(SegmentEverythingEventSchema, { event: { case: "found", value: { id, mask } } });
};

async function* nothing() {
  yield create(SegmentEverythingEventSchema, { event: { case: "done", value: {} } });
}

async function* search(): AsyncGenerator<SegmentEverythingEvent> {
  yield found(1, 2);
  yield found(2, 8);
  yield found(3, 4);
  yield create(SegmentEverythingEventSchema, { event: { case: "retracted", value: { id: 1 } } });
  yield create(SegmentEverythingEventSchema, { event: { case: "done", value: { masks: 2 } } });
}

const boxes = [{ score: 0.25 }, { score: 0.75 }];
const clip = { id: "clip", vocabulary: "ranking", ready: true };

interface Case {
  events?: typeof search;
  by?: AskCall;
  detectors?: MessageInitShape<typeof DetectorSchema>[];
  ground?: (call: Call) => Promise<GroundResponse>;
}

async function ranked(
  rankBy: string,
  {
    events = search,
    by = call,
    detectors = [clip],
    ground = async () => create(GroundResponseSchema, { boxes }),
  }: Case = {},
) {
  const asked: unknown[] = [];
  const unranked: unknown[] = [];
  let searches = 0;
  const encoders = {
    ground: async (request: object, inTime: Call) => {
      asked.push(request);
      return ground(inTime);
    },
    listDetectors: async () => create(ListDetectorsResponseSchema, { detectors }),
  };
  const options = { mostMs: 50, onUnranked: (error: unknown) => unranked.push(error) };
  const everything = withRanks(encoders, options, async () => {
    searches++;
    return events();
  });
  const request = create(SegmentEverythingRequestSchema, { imageId, rankBy });
  let last: SegmentEverythingEvent | undefined;
  const refused = await (async () => {
    for await (const event of await everything(request, by)) last = event;
  })().catch((error: unknown) => error);
  const done = last?.event.case === "done" ? last.event.value : undefined;
  return { asked, done: done?.ranked, why: done?.unranked, unranked, searches, refused };
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
    return {
      correct: (amount: number) => {
        used += amount;
      },
    };
  };
  const by = { ...call, takeEncode };
  await ranked("a red mug", { by });
  await ranked("", { by });
  expect(used).toBe(1);
  await ranked("a red mug", { by, ground: async () => create(GroundResponseSchema, { cached: true }) });
  await ranked("a red mug", { by, events: nothing });
  expect(used).toBe(1);
});

it("G9 nobody is asked without words, or about nothing", async () => {
  expect(await ranked("", { detectors: [] })).toMatchObject({ asked: [], done: [], refused: undefined });
  expect(await ranked("a red mug", { events: nothing })).toMatchObject({ asked: [], done: [], refused: undefined });
});

const noneLeft = () => {
  throw new ServiceError({ code: Code.RESOURCE_EXHAUSTED, message: "No encode is left." });
};
it.each<[string, string, Case, RegExp]>([
  ["blank", "  ", {}, /^`rankBy` names nothing/],
  ["too long", "x".repeat(201), {}, /^`rankBy` has at most 200 characters/],
  ["nobody's to say", "mug", { detectors: [{ ...clip, ready: false, advice: "Pull it." }] }, /here; Pull it\.$/],
  ["nobody's at all", "mug", { detectors: [{ ...clip, vocabulary: "open" }] }, /GET \/v1\/words/],
  ["over a limit", "mug", { by: { ...call, takeEncode: noneLeft } }, /^No encode is left/],
])("G9 what is %s is refused before the search", async (_what, rankBy, init, message) => {
  const { searches, refused } = await ranked(rankBy, init);
  expect(refused).toMatchObject({ message: expect.stringMatching(message) });
  expect(searches).toBe(0);
});

it("G9 where ranking fails, or takes too long, the end says so", async () => {
  const lost = new ServiceError({ code: Code.UNAVAILABLE, message: "An encoder was lost." });
  const failed = await ranked("mug", { ground: () => Promise.reject(lost) });
  expect(failed).toMatchObject({ done: [], why: "An encoder was lost.", unranked: [lost], refused: undefined });
  const never = ({ signal }: Call) =>
    new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  expect(await ranked("mug", { ground: never })).toMatchObject({ done: [], unranked: [{ name: "TimeoutError" }] });
});

it("G9 who leaves meanwhile gets no end", async () => {
  const leaving = new AbortController();
  const ground = async () => {
    leaving.abort();
    throw new Error("Cancelled.");
  };
  expect(await ranked("mug", { by: { signal: leaving.signal }, ground })).toMatchObject({
    done: undefined,
    unranked: [],
    refused: { name: "AbortError" },
  });
});
