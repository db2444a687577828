import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  EncodeReadySchema,
  encodeRle,
  type PropagateRequest,
  PropagateResponseSchema,
  SegmentResultSchema,
  type TrackEvent,
  TrackState,
  type TrackVideoRequest,
  TrackVideoRequestSchema,
} from "../../proto/index.js";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import { toErrorMessage } from "../../services/runtime/grpc/error-message.js";
import type { AskCall } from "../ask/answer.js";
import { fakeVideos } from "./testing/fake-videos.js";
import { trackVideo } from "./track-video.js";
import type { VideosOptions } from "./videos.js";

const size = { width: 8, height: 6 };
const idOf = (frame: number) => `sha256:${String(frame).padStart(64, "0")}`;
const frameOf = (imageId: string) => Number(imageId.slice("sha256:".length));
/** A mask that says which frame it is of. */
const rleOf = (frame: number) => encodeRle({ ...size, runs: Uint32Array.of(frame, 2, 46 - frame) });
const call: AskCall = { signal: new AbortController().signal };
const click = { points: [{ x: 1, y: 1 }] };

interface Options {
  sizeOf?: (frame: number) => { width: number; height: number };
  missing?: number;
  likeness?: (frame: number) => number;
  /** Frames in which object 1 is away. */
  away?: number[];
}

function open({ sizeOf = () => size, missing = -1, likeness = () => 0.9, away = [] }: Options = {}) {
  const opened: number[] = [];
  const asked: PropagateRequest[] = [];
  const ask: VideosOptions["ask"] = {
    openImage: async ({ imageId }) => {
      const frame = frameOf(imageId);
      opened.push(frame);
      if (frame === missing) throw new ServiceError({ code: Code.NOT_FOUND, message: "not stored" });
      return create(EncodeReadySchema, { image: { imageId, ...sizeOf(frame) } });
    },
    segment: async ({ imageId }) =>
      create(SegmentResultSchema, { masks: [{ rle: rleOf(frameOf(imageId)), area: 2, predictedIou: 0.5 }] }),
    propagate: async (request) => {
      asked.push(request);
      const frame = frameOf(request.imageId);
      const objects = new Set(request.known.flatMap(({ masks }) => masks.map(({ object }) => object)));
      return create(PropagateResponseSchema, {
        likeness: likeness(frame),
        objects: [...objects]
          .sort()
          .map((object) =>
            object === 1 && away.includes(frame)
              ? { object, state: TrackState.ABSENT }
              : { object, state: TrackState.TRACKED, mask: { rle: rleOf(frame) }, agreement: 0.8 },
          ),
      });
    },
  };
  const track = async (init: MessageInitShape<typeof TrackVideoRequestSchema>) => {
    const events: TrackEvent["event"][] = [];
    const request: TrackVideoRequest = create(TrackVideoRequestSchema, {
      imageIds: Array.from({ length: 8 }, (_, frame) => idOf(frame)),
      ...init,
    });
    const door = { call, holdWaiting: () => () => {}, explain: toErrorMessage };
    for await (const { event } of trackVideo(fakeVideos(ask).depsFor(door), request)) events.push(event);
    return events;
  };
  return { track, opened, asked };
}

/** Frame: object and state of each. */
const shortly = (events: TrackEvent["event"][]) =>
  events.map((event) =>
    event.case === "frame"
      ? [event.value.frame, ...event.value.objects.map(({ object, state }) => `${object} ${TrackState[state]}`)]
      : event.case,
  );
const prompt = (frame: number, object = 1) => ({ frame, object, prompt: click });

describe("Y1 a video", () => {
  it("is told frame by frame, forwards from the first prompt and then backwards, and ends with what it was", async () => {
    const { track, asked } = open();
    const events = await track({ prompts: [prompt(2), prompt(4, 3)], last: 5, first: 1 });
    expect(shortly(events)).toEqual([
      [2, "1 CORRECTED"],
      [4, "3 CORRECTED"],
      [3, "1 TRACKED"],
      [4, "1 ABSENT", "3 CORRECTED"],
      [5, "1 TRACKED", "3 TRACKED"],
      // What is nearer to the prompt behind it. A pixel is one object's, and all masks of a frame are the same here.
      [3, "1 ABSENT", "3 TRACKED"],
      [2, "1 CORRECTED", "3 ABSENT"],
      [1, "1 TRACKED", "3 TRACKED"],
      "done",
    ]);
    expect(events.at(-1)?.value).toMatchObject({ frames: 8, ...size });
    // All go to the decoder that has the video's frames, and each is made from what is known near it.
    expect(new Set(asked.map(({ video }) => video))).toEqual(new Set([idOf(0)]));
    const last = asked.at(-1)?.known.map(({ imageId, everywhere }) => [frameOf(imageId), everywhere]);
    expect(last).toEqual([
      [4, true],
      // Object 3's, on its way from frame 4.
      [3, false],
      [2, true],
      // There object 1 is shown, and object 3 is absent.
      [2, false],
    ]);
  });

  it("has the next frames encoded while one is looked at", async () => {
    const { track, opened } = open();
    await track({ prompts: [prompt(0)], last: 4 });
    expect(opened).toEqual([0, 1, 2, 3, 4]);
  });

  it("takes a person's mask as it is, and tells what leads from it", async () => {
    const { track, asked } = open();
    const mask = { source: { case: "rle" as const, value: rleOf(3) } };
    const events = await track({ prompts: [{ frame: 0, object: 1, prompt: { mask } }], last: 1 });
    expect(events[0]?.value).toMatchObject({ objects: [{ mask: { area: 2, rle: rleOf(3) } }] });
    expect(asked[0]?.known[0]?.masks[0]?.rle?.counts).toBe(rleOf(3).counts);
  });

  it("begins in the middle with frames that were tracked before", async () => {
    const { track, asked } = open();
    const known = [3, 4].map((frame) => ({ frame, masks: [{ object: 1, rle: rleOf(frame) }] }));
    expect(shortly(await track({ prompts: [prompt(0)], first: 5, last: 6, known }))).toEqual([
      [0, "1 CORRECTED"],
      [5, "1 TRACKED"],
      [6, "1 TRACKED"],
      "done",
    ]);
    expect(asked[0]?.known.map(({ imageId }) => frameOf(imageId))).toEqual([0, 3, 4]);
  });

  it("looks for an object that is away in the frames that a person touched, and says where it was not", async () => {
    const { track, asked } = open({ away: [1, 2, 3] });
    await track({ prompts: [prompt(0)], last: 4 });
    const known = asked
      .at(-1)
      ?.known.map(({ imageId, everywhere, masks }) => [
        frameOf(imageId),
        everywhere,
        masks.map(({ object, rle }) => [object, rle !== undefined]),
      ]);
    expect(known).toEqual([
      [0, true, [[1, true]]],
      [1, false, [[1, false]]],
      [2, false, [[1, false]]],
      [3, false, [[1, false]]],
    ]);
  });

  it("says where a cut is", async () => {
    const { track } = open({ likeness: (frame) => (frame === 3 ? 0.5 : 0.9) });
    const events = await track({ prompts: [prompt(0)], last: 5 });
    const cuts = events.flatMap((event) => (event.case === "frame" && event.value.cut ? [event.value.frame] : []));
    expect(cuts).toEqual([3]);
  });
});

describe("Y2 refused is", () => {
  it.each<[string, MessageInitShape<typeof TrackVideoRequestSchema>, RegExp]>([
    ["a video without frames", { imageIds: [], prompts: [prompt(0)] }, /names no frame/],
    ["one that is too long", { imageIds: Array(20_001).fill(idOf(1)), prompts: [prompt(0)] }, /at most 20000 frames/],
    ["a frame without an id", { imageIds: ["a"], prompts: [prompt(0)] }, /image/i],
    ["nothing to follow", {}, /Nothing is to be followed/],
    ["a prompt behind the end", { prompts: [prompt(8)] }, /is frame 8; the video's last is 7/],
    ["an end behind the end", { prompts: [prompt(0)], last: 8 }, /`last` is frame 8/],
    ["ends the wrong way round", { prompts: [prompt(0)], first: 3, last: 2 }, /`first` is frame 3, behind `last`, 2/],
    ["an object without a number", { prompts: [prompt(0, 0)] }, /numbered from 1/],
    ["no prompt", { prompts: [{ frame: 0, object: 1 }] }, /is left out/],
    ["two prompts of an object", { prompts: [prompt(0), prompt(0)] }, /two prompts on frame 0/],
    [
      "more objects than are followed",
      { prompts: Array.from({ length: 17 }, (_, at) => prompt(0, at + 1)) },
      /At most 16 objects/,
    ],
    [
      "a mask of another size",
      {
        prompts: [
          {
            frame: 0,
            object: 1,
            prompt: {
              mask: { source: { case: "rle", value: encodeRle({ width: 2, height: 2, runs: Uint32Array.of(0, 4) }) } },
            },
          },
        ],
      },
      /Frame 1 is 8 x 6 pixels, the video so far 2 x 2/,
    ],
  ])("%s", async (_what, init, message) => {
    await expect(open().track(init)).rejects.toThrow(message);
  });

  it("a frame that is not stored, by its number, once it is its turn", async () => {
    await expect(open({ missing: 2 }).track({ prompts: [prompt(0)] })).rejects.toMatchObject({
      code: Code.NOT_FOUND,
      message: `Frame 2 (${idOf(2)}) is not stored here; upload it.`,
    });
  });

  it("a frame of another size", async () => {
    const sizeOf = (frame: number) => (frame === 1 ? { width: 9, height: 6 } : size);
    await expect(open({ sizeOf }).track({ prompts: [prompt(0)] })).rejects.toThrow(/Frame 1 is 9 x 6 pixels/);
  });
});
