import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { maxKnownPictures, RleSchema } from "../../proto/index.js";
import { type FrameMemory, TrackMemory } from "./memory.js";

const ids = Array.from({ length: 100 }, (_, frame) => `frame ${frame}`);
const at = (frame: number, ...objects: number[]): FrameMemory => ({
  frame,
  masks: new Map(objects.map((object) => [object, create(RleSchema, { counts: `${object} at ${frame}` })])),
});
/** What is known, in short: a frame, whether it is searched all over, and its objects. */
const shortly = (memory: TrackMemory, frame: number, objects: number[]) =>
  memory
    .knownFor(frame, objects, ids)
    .map(({ imageId, everywhere, masks }) => [imageId, everywhere, masks.map(({ object }) => object)]);

it("knows the two nearest frames that a person touched, and the last three", () => {
  const memory = new TrackMemory([at(0, 1), at(10, 1), at(40, 1)]);
  for (let frame = 11; frame < 20; frame++) memory.remember(at(frame, 1));
  expect(shortly(memory, 20, [1])).toEqual([
    ["frame 10", true, [1]],
    ["frame 0", true, [1]],
    ["frame 17", false, [1]],
    ["frame 18", false, [1]],
    ["frame 19", false, [1]],
  ]);
});

it("knows of an object what is known of it alone, and of one that is away what a person showed", () => {
  const memory = new TrackMemory([at(0, 1), at(3, 2)]);
  memory.remember(at(4, 1));
  memory.remember(at(5));
  expect(shortly(memory, 6, [1, 2])).toEqual([
    ["frame 0", true, [1]],
    ["frame 3", true, [2]],
    ["frame 4", false, [1]],
  ]);
  expect(shortly(memory, 6, [2])).toEqual([["frame 3", true, [2]]]);
});

it("goes on from frames that were tracked before", () => {
  const memory = new TrackMemory([at(0, 1)], [at(46, 1), at(47, 1), at(48, 1), at(49, 1)]);
  expect(shortly(memory, 50, [1]).map(([imageId]) => imageId)).toEqual(["frame 0", "frame 47", "frame 48", "frame 49"]);
});

it("names a frame once, and no more pictures than are compared, one of each object among them", () => {
  const objects = Array.from({ length: 16 }, (_, index) => index + 1);
  const memory = new TrackMemory(objects.flatMap((object) => [at(object, object), at(20 + object, object)]));
  for (const frame of [16, 17, 18]) memory.remember(at(frame, ...objects));
  const known = memory.knownFor(19, objects, ids);
  expect(known.length).toBeLessThanOrEqual(maxKnownPictures);
  expect(new Set(known.map(({ imageId }) => imageId)).size).toBe(known.length);
  const shown = known.filter(({ everywhere }) => everywhere).flatMap(({ masks }) => masks.map(({ object }) => object));
  expect(new Set(shown).size).toBe(16);
});
