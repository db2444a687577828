import { createHash } from "node:crypto";
import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { fakeVideos } from "../../../../gateway/track/testing/fake-videos.js";
import { trackVideo } from "../../../../gateway/track/track-video.js";
import type { VideosOptions } from "../../../../gateway/track/videos.js";
import {
  EncodeReadySchema,
  encodeRle,
  type FrameMasks,
  PropagateRequestSchema,
  PropagateResponseSchema,
  SegmentResultSchema,
  TrackPromptSchema,
  TrackState,
  TrackVideoRequestSchema,
} from "../../../../proto/index.js";
import { toErrorMessage } from "../../../runtime/grpc/error-message.js";
import { handedOn } from "./handed-on.js";
import { portionsOf } from "./portions.js";

const size = { width: 64, height: 64 };
const idOf = (frame: number) => `sha256:${String(frame).padStart(64, "0")}`;
const count = 60;

/** A decoder whose masks tell all that they were made from: what it is told of other frames, each object's own. */
const ask: VideosOptions["ask"] = {
  openImage: async ({ imageId }) => create(EncodeReadySchema, { image: { imageId, ...size } }),
  segment: async ({ imageId, prompt }) => {
    const rle = maskOf([imageId, String(prompt?.points[0]?.x)], 0);
    return create(SegmentResultSchema, { masks: [{ rle, area: 2, predictedIou: 0.5 }] });
  },
  propagate: async (request) => {
    const ids = new Set(request.known.flatMap(({ masks }) => masks.map(({ object }) => object)));
    const objects = [...ids].map((object) => {
      const told = createHash("sha256").update(toBinary(PropagateRequestSchema, request)).digest("hex");
      // Each is away in some frames.
      if (Number.parseInt(told[object] ?? "", 16) < 3) return { object, state: TrackState.ABSENT };
      return { object, state: TrackState.TRACKED, mask: { rle: maskOf([told], object) }, agreement: 0.8 };
    });
    return create(PropagateResponseSchema, { likeness: 0.9, objects });
  },
};

/** In columns of the object's own, for each pixel is one object's. */
function maskOf(of: readonly string[], object: number) {
  const digest = createHash("sha256").update(of.join()).digest();
  const from = (4 * object * size.height + digest.readUInt32LE(0)) % (4 * size.height);
  const runs = Uint32Array.of(4 * object * size.height + from, 2 + ((digest[4] ?? 0) % 40));
  const rest = size.width * size.height - runs.reduce((sum, one) => sum + one, 0);
  return encodeRle({ ...size, runs: Uint32Array.of(...runs, rest) });
}

type Memory = ReturnType<VideosOptions["memoryOf"]>;

async function follow(memory: Memory, prompted: readonly Prompted[], portion: number, reach: number) {
  const videos = fakeVideos(ask, { memoryOf: () => memory });
  const prompts = prompted.map(([object, frame]) =>
    create(TrackPromptSchema, { object, frame, prompt: { points: [{ x: object, y: 1 }] } }),
  );
  const masks = new Map<number, FrameMasks>();
  const wanted = { first: 0, last: count - 1 };
  const portions = portion === 0 ? [wanted] : portionsOf(prompts, wanted, portion);
  for (const some of portions) {
    const imageIds = Array.from({ length: count }, (_, frame) => idOf(frame));
    const request = { imageIds, prompts, ...some, known: handedOn(masks, some, reach) };
    const signal = new AbortController().signal;
    const door = { call: { signal }, holdWaiting: () => () => {}, explain: toErrorMessage };
    for await (const { event } of trackVideo(videos.depsFor(door), create(TrackVideoRequestSchema, request))) {
      if (event.case !== "frame") continue;
      const { frame } = event.value;
      if (frame >= some.first && frame <= some.last) masks.set(frame, event.value);
    }
  }
  const found = [...masks].map(([frame, { objects }]) => [
    frame,
    objects.map(({ object, state, mask }) => [object, TrackState[state], mask?.rle?.counts]),
  ]);
  return { portions: portions.length, masks: Object.fromEntries(found) };
}

type Prompted = readonly [object: number, frame: number];
const memory = (madeFrames: number) => ({ $typeName: "maskwire.v1.TrackMemory" as const, shownFrames: 6, madeFrames });

describe.each<[string, Memory, number]>([
  ["labels", undefined, 3],
  ["a memory of 6 frames", memory(6), 6],
  ["a memory of 15 frames", memory(15), 15],
])("Y1 a video in portions, by %s", (_, of, reach) => {
  it.each<[string, readonly Prompted[]]>([
    ["from its beginning", [[1, 0]]],
    ["both ways", [[1, 23]]],
    [
      "of several objects",
      [
        [1, 23],
        [2, 5],
        [3, 40],
      ],
    ],
    [
      "shown again",
      [
        [1, 0],
        [1, 30],
        [1, 34],
        [1, 59],
      ],
    ],
    [
      "of several objects that are shown again",
      [
        [1, 10],
        [2, 20],
        [1, 50],
        [2, 44],
        [3, 31],
      ],
    ],
  ])("has the masks of one run: %s", async (_what, prompts) => {
    const whole = await follow(of, prompts, 0, reach);
    expect(Object.keys(whole.masks)).toHaveLength(count);
    const parts = await follow(of, prompts, 7, reach);
    expect(parts.portions).toBeGreaterThan(2);
    expect(parts.masks).toEqual(whole.masks);
  });

  it("has others where less is handed on than is looked back at", async () => {
    const whole = await follow(of, [[1, 0]], 0, reach);
    const parts = await follow(of, [[1, 0]], 7, reach - 1);
    expect(parts.masks).not.toEqual(whole.masks);
  });
});

it("ends portions where it may, and makes them no longer than that needs", () => {
  const portions = (prompted: readonly Prompted[], first = 0, last = 99) =>
    portionsOf(
      prompted.map(([object, frame]) => ({ object, frame })),
      { first, last },
      20,
    ).map(({ first, last }) => `${first}-${last}`);
  expect(portions([[1, 0]])).toEqual(["0-19", "20-39", "40-59", "60-79", "80-99"]);
  expect(portions([[1, 50]])).toEqual(["50-69", "70-89", "90-99", "30-49", "10-29", "0-9"]);
  // Frames from 31 on are followed to from frame 60.
  expect(
    portions([
      [1, 0],
      [1, 60],
    ]),
  ).toEqual(["0-19", "20-60", "61-80", "81-99"]);
  expect(
    portions([
      [1, 0],
      [2, 30],
    ]),
  ).toEqual(["0-30", "31-50", "51-70", "71-90", "91-99"]);
  // What is shown behind the last wanted frame leads to none of them.
  expect(
    portions(
      [
        [1, 0],
        [1, 60],
      ],
      0,
      50,
    ),
  ).toEqual(["0-19", "20-39", "40-50"]);
  expect(portions([[1, 40]], 0, 9)).toEqual(["0-9"]);
  expect(portions([[1, 0]], 90)).toEqual(["90-99"]);
});
