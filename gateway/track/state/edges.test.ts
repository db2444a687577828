import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ErrorCode, maxFrames, TrackedMaskSchema, TrackMemorySchema, TrackState } from "../../../proto/index.js";
import { clicked, idOf, maskOf, PlayedVideo } from "../testing/played-video.js";
import { Cells } from "./cells.js";

const far = 4_294_967_295;
const knownOf = (video: PlayedVideo) => video.underWay?.known.map(({ imageId }) => Number(imageId.slice(-3)));

describe("Y6 a run", () => {
  it("does not begin or end where no video has a frame, though more of it may come", () => {
    const video = PlayedVideo.of(4, {}, { more: true }).show(1, 0);
    video.told();
    video.run({ again: true, last: far }).run({ first: far }).run({ last: maxFrames });
    expect(video.heard).toEqual([
      `failed: \`last\` is frame ${far}; a video has at most ${maxFrames} frames.`,
      `failed: \`first\` is frame ${far}; a video has at most ${maxFrames} frames.`,
      `failed: \`last\` is frame ${maxFrames}; a video has at most ${maxFrames} frames.`,
    ]);
    video.run({ again: true, last: maxFrames - 1 });
    expect(video.play()).toEqual(["1: 1", "2: 1", "3: 1"]);
  });

  it("to a frame that is still to come waits for it, and for none behind it", () => {
    const video = PlayedVideo.of(2, {}, { more: true }).show(1, 0).run({ last: 3 }).made();
    expect(video.heard.at(-1)).toBe("frame 1: 1 TRACKED");
    video.say({ case: "append", value: { imageIds: [idOf(2)], more: true } });
    video.made();
    expect(video.heard.at(-1)).toBe("frame 2: 1 TRACKED");
    video.say({ case: "append", value: { imageIds: [idOf(3), idOf(4)], more: true } });
    expect(video.play()).toEqual(["3: 1"]);
    expect(video.heard.at(-1)).toBe("done 3");
    const other = PlayedVideo.of(2, {}, { more: true }).show(1, 0).run({ last: 3 }).made();
    other.say({ case: "append", value: { imageIds: [], more: false } });
    expect(other.heard.at(-1)).toBe("done 1");
  });

  it("has each frame made with the nearest of what is known last, beside shown ones too", () => {
    const video = PlayedVideo.of(40).show(1, 20).show(1, 0).run({ from: 20, last: 30 });
    expect(video.open.run?.step?.frame).toBe(21);
    expect(knownOf(video)).toEqual([0, 20]);
    // One object's shown frame is nearer than what was made of another.
    const two = PlayedVideo.of(40).show(1, 0).show(1, 39).run({ last: 9 });
    for (let count = 0; count < 4; count++) two.made();
    two.show(2, 4).made();
    two.made();
    expect(two.open.run?.step?.frame).toBe(6);
    expect(knownOf(two)?.at(-1)).toBe(5);
  });
});

describe("Y6 a model with a memory", () => {
  const memory = create(TrackMemorySchema, { shownFrames: 3, madeFrames: 4 });
  /** What a step is told, each frame with its objects: shown ones with "!", those that are absent in brackets. */
  const told = (video: PlayedVideo) =>
    video.underWay?.known.map(({ frame, everywhere, masks }) => {
      const objects = masks.map(({ object, state }) => (state === TrackState.ABSENT ? `(${object})` : object));
      return `${frame}${everywhere ? "!" : ""}: ${objects.join(" ")}`;
    });

  it("is told as far back as it looks, and of frames in which an object is absent", () => {
    const video = PlayedVideo.of(40, { memory }).show(1, 0).show(1, 10).run({ from: 10, last: 20 });
    expect(told(video)).toEqual(["0!: 1", "10!: 1"]);
    for (let frame = 11; frame < 16; frame++) video.made();
    expect(video.open.run?.step?.frame).toBe(16);
    expect(told(video)).toEqual(["0!: 1", "10!: 1", "12: 1", "13: 1", "14: 1", "15: 1"]);
    const absent = PlayedVideo.of(40, { memory }).show(1, 0).run();
    absent.made([create(TrackedMaskSchema, { object: 1, state: TrackState.ABSENT })]);
    expect(told(absent)).toEqual(["0!: 1", "1: (1)"]);
    expect(absent.underWay?.backward).toBe(false);
    const without = PlayedVideo.of(40).show(1, 0).run();
    without.made([create(TrackedMaskSchema, { object: 1, state: TrackState.ABSENT })]);
    expect(told(without)).toEqual(["0!: 1", "1: (1)"]);
  });

  it("is told of a frame that is shown of one object what was made of another, and the way it is asked", () => {
    const video = PlayedVideo.of(9, { memory }).show(1, 0).show(2, 0).run({ last: 2 });
    for (let frame = 1; frame < 3; frame++) video.made();
    video.show(1, 2).run({ first: 3, last: 4 });
    expect(told(video)).toEqual(["0!: 1 2", "1: 2", "2!: 1", "2: 2"]);
    video.run({ from: 2, first: 1, last: 1 });
    expect([video.open.run?.step?.frame, told(video), video.underWay?.backward]).toEqual([
      1,
      ["0!: 1", "2!: 1"],
      false,
    ]);
    const back = PlayedVideo.of(9, { memory }).show(1, 5).run({ from: 5 });
    for (let frame = 6; frame < 9; frame++) back.made();
    expect([back.open.run?.step?.frame, told(back), back.underWay?.backward]).toEqual([4, ["5!: 1"], true]);
  });
});

describe("Y5 a prompt", () => {
  it("that is a mask lets those go on that waited behind the one whose place it takes", () => {
    const video = PlayedVideo.of(9, { maxWaiting: 8 });
    for (let frame = 0; frame < 6; frame++) video.say({ case: "prompt", value: { prompt: clicked(1, frame) } });
    for (let frame = 0; frame < 4; frame++) video.show(1, frame);
    expect(video.open.asked.map(({ isUnderWay, prompt }) => [prompt.frame, isUnderWay])).toEqual([
      [4, true],
      [5, true],
    ]);
    const error = { code: ErrorCode.UNAVAILABLE, message: "Lost.", reason: "" };
    for (const { number } of video.open.asked) video.hear({ kind: "not-shown", opening: 1, asked: number, error });
    expect(video.open.asked).toEqual([]);
  });
});

describe("Y8 what is kept of a video", () => {
  it("counts what is absent, too, and stops a run that finds no room whatever is forgotten", () => {
    const absent = { state: TrackState.ABSENT, rle: undefined, agreement: 0, isOutdated: false };
    const cells = Cells.none.with(0, absent).with(300, absent);
    expect(cells.bytes).toBeGreaterThanOrEqual(2 * 64);
    expect([cells.known, cells.with(300, { ...absent, isOutdated: true }).known]).toEqual([2, 1]);
    expect(cells.with(0, undefined).with(300, undefined).bytes).toBe(0);
    const nothing = { ...maskOf(1, 3, TrackState.ABSENT) };
    delete nothing.mask;
    const video = PlayedVideo.of(100, { maxBytes: 100 * 96 + 270 + 5 * 80 })
      .show(1, 0)
      .run();
    for (let count = 0; count < 20 && video.open.run; count++) video.made([nothing]);
    const heard = video.heard;
    expect(heard.at(-1)).toMatch(/^stopped at \d: There is no room for more of this video here/);
    expect(heard.filter((one) => one.startsWith("frame")).length).toBeGreaterThan(3);
  });
});
