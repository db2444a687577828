import { expect, it } from "vitest";
import { framesThere, pictureNames, rateOf } from "./frames-to-add.js";

const frames = ["a", "b", "c"].map((imageId, at) => ({ name: `${at}.jpg`, imageId }));
const names = pictureNames("ride", frames);
const picture = (at: number, imageId = frames[at]?.imageId ?? "") => ({
  id: BigInt(at + 1),
  name: `ride/${at}.jpg`,
  imageId,
});
const placed = (at: number, frame = at) => ({ ...picture(at), frame });

it.each<[string, string, string[], string[]]>([
  ["its folder is the sequence", "ride.mp4", ["0.jpg", "1.jpg"], ["ride.mp4/0.jpg", "ride.mp4/1.jpg"]],
  ["frames of one name get their numbers", "ride", ["a.jpg", "a.jpg"], ["ride/00000-a.jpg", "ride/00001-a.jpg"]],
  ["what a path may not have is left out", "../a//b\\c/.", ["x/y\\z.jpg"], ["a/b/c/x-y-z.jpg"]],
  ["nothing is left of it", "..", ["0.jpg"], ["video/0.jpg"]],
])("a picture's name: %s", (_, sequence, files, expected) => {
  const wanted = files.map((name) => ({ name }));
  expect(pictureNames(sequence, wanted)).toEqual(expected);
});

it("sends all frames of a video that the set does not know", () => {
  expect(framesThere(frames, names, [], [])).toEqual({ placed: new Set(), pictures: new Map(), missing: [0, 1, 2] });
});

it("sends nothing again of what ended in the middle", () => {
  expect(framesThere(frames, names, [], [picture(0), picture(2)])).toEqual({
    placed: new Set(),
    pictures: new Map([
      [0, 1n],
      [2, 3n],
    ]),
    missing: [1],
  });
});

it("adds to a sequence what it lacks, and lets it be longer", () => {
  const longer = { ...placed(0, 7), name: "ride/7.jpg" };
  expect(framesThere(frames, names, [placed(0), placed(1), longer], [picture(0), picture(1)])).toEqual({
    placed: new Set([0, 1]),
    pictures: new Map(),
    missing: [2],
  });
});

it.each([
  ["the sequence has another picture in a frame's place", [placed(1, 0)], []],
  ["another picture has a frame's name", [], [picture(1, "z")]],
])("is another video where %s", (_, there, pictures) => {
  expect(framesThere(frames, names, there, pictures)).toBeUndefined();
});

it("reckons frames a second from their times", () => {
  expect([rateOf([0, 40, 80]), rateOf([0, 33, 67, 100]), rateOf([5]), rateOf([])]).toEqual([25, 30, 0, 0]);
});
