import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ErrorCode, TrackDirection, TrackMemorySchema, TrackState } from "../../../proto/index.js";
import { clicked, given, idOf, maskOf, PlayedVideo, rleOf, size } from "../testing/played-video.js";
import type { VideoLimits } from "./video-state.js";

describe("Y4 a video", () => {
  it("has to be open, and is forgotten with what was asked of it when another is opened", () => {
    const video = new PlayedVideo();
    video.say({ case: "run", value: {} });
    expect(video.heard).toEqual(["failed: No video is open; send `open` first."]);
    video.say({ case: "open", value: { imageIds: [idOf(0), idOf(1)], ...size } });
    video.show(1, 0).run();
    video.say({ case: "prompt", value: { prompt: clicked(2, 1) } });
    const before = video.underWay;
    video.told();
    video.say({ case: "open", value: { imageIds: [idOf(5)] } });
    expect(video.heard).toEqual(["failed: Another video was opened.", "done 0 cancelled", "opened"]);
    expect(video.effects.map(({ kind }) => kind).slice(-3)).toEqual(["abandon-show", "abandon-make", "cancel"]);
    expect(video.open.objects.size).toBe(0);
    // News of the one before.
    const { state } = video;
    video.hear({
      kind: "made",
      opening: before?.opening ?? 0,
      step: before?.step ?? 0,
      objects: [],
      likeness: 1,
      size,
    });
    expect(video.state).toBe(state);
  });

  it("answers each command once, and one that is refused changes nothing", () => {
    const video = PlayedVideo.of(4);
    const { state } = video;
    video.say({ case: "append", value: { imageIds: [idOf(9)] } });
    video.say({ case: "prompt", value: { prompt: given(1, 4) } });
    video.say({ case: "prompt", value: { prompt: { ...given(1, 0), object: 0 } } });
    video.say({ case: "prompt", value: {} });
    video.say({ case: "remove", value: { object: 1 } });
    video.say({ case: "run", value: {} });
    video.say({ case: "known", value: { frames: [{ frame: 1, masks: [{ object: 3, rle: rleOf(1) }] }] } });
    video.say({ case: "cancel", value: {} });
    expect(video.heard).toEqual([
      "failed: The video was opened as a whole: `more` was not set.",
      "failed: A prompt's is frame 4; the video's last is 3.",
      "failed: Objects are numbered from 1.",
      "failed: The command has no `prompt`.",
      "failed: There is no prompt of object 1.",
      "failed: Nothing is to be followed: prompt an object first.",
      "failed: Object 3 has no prompt; send that before `known`.",
    ]);
    expect(video.state).toEqual(state);
    video.show(1, 0).run();
    video.say({ case: "run", value: { first: 2, last: 1 } });
    video.say({ case: "run", value: { from: 4 } });
    video.say({ case: "run", value: { last: 4 } });
    video.say({
      case: "prompt",
      value: {
        prompt: { ...given(1, 1), prompt: { mask: { source: { case: "rle", value: { size: [2, 2], counts: "4" } } } } },
      },
    });
    expect(video.heard).toEqual([
      "prompted 1;",
      "failed: `first` is frame 2, behind `last`, 1.",
      "failed: `from` is frame 4; the video's last is 3.",
      "failed: `last` is frame 4; the video's last is 3.",
      "failed: The mask of object 1 on frame 1 is 2 x 2 pixels, the frame 8 x 6.",
    ]);
  });

  it("has no more objects and prompts than are followed, and frames of one size", () => {
    const video = PlayedVideo.of(4);
    for (let object = 1; object <= 16; object++) video.show(object, 0);
    video.told();
    video.show(17, 0);
    expect(video.heard).toEqual(["failed: At most 16 objects are followed."]);
    video.run();
    const { opening, step } = video.underWay!;
    video.hear({ kind: "made", opening, step, objects: [], likeness: 1, size: { width: 9, height: 6 } });
    expect(video.heard).toEqual([
      "stopped at 1: Frame 1 is 9 x 6 pixels, the video so far 8 x 6; a video has one size.",
    ]);
  });

  it("is told nothing when it is closed", () => {
    const video = PlayedVideo.of(4).show(1, 0).run();
    video.effects = [];
    video.hear({ kind: "close" });
    expect(video.effects).toEqual([{ kind: "cancel" }]);
    video.effects = [];
    video.run();
    expect(video.effects).toEqual([]);
  });
});

describe("Y5 a prompt", () => {
  it("is asked of a decoder, also in the middle of a run, which begins no frame before it is answered", () => {
    const video = PlayedVideo.of(6).show(1, 0).run();
    const sequence = video.say({ case: "prompt", value: { prompt: clicked(2, 3) } });
    expect(video.effects.at(-1)).toMatchObject({ kind: "show", imageId: idOf(3), prompt: { object: 2 } });
    video.made();
    expect(video.underWay).toBeUndefined();
    const { number } = video.open.asked[0]!;
    const mask = maskOf(2, 20, TrackState.CORRECTED);
    video.hear({ kind: "shown", opening: 1, asked: number, shown: { mask, size } });
    expect(video.effects.findLast((one) => one.kind === "send")).toMatchObject({
      sequence,
      update: { case: "prompted" },
    });
    expect(video.open.run?.step?.frame).toBe(2);
  });

  it("takes the place of an older one of the same object on the same frame, and of no other", () => {
    const video = PlayedVideo.of(6);
    for (const prompt of [clicked(1, 0), clicked(2, 0), clicked(1, 1), clicked(1, 0)]) {
      video.say({ case: "prompt", value: { prompt } });
    }
    expect(video.told()).toEqual([
      { case: "failed", value: { code: ErrorCode.CANCELLED, message: "A newer prompt took this one's place." } },
    ]);
    expect(video.effects.filter(({ kind }) => kind === "abandon-show")).toHaveLength(1);
    expect(video.open.asked.map(({ prompt: { object, frame } }) => [object, frame])).toEqual([
      [2, 0],
      [1, 1],
      [1, 0],
    ]);
    // A mask is there at once.
    video.show(2, 0);
    expect(video.heard).toEqual(["failed: A newer prompt took this one's place.", "prompted 2;"]);
  });

  it("waits behind four others, and is refused where too many wait", () => {
    const video = PlayedVideo.of(9, { maxWaiting: 6 });
    for (let frame = 0; frame < 7; frame++) video.say({ case: "prompt", value: { prompt: clicked(1, frame) } });
    expect(video.heard).toEqual(["failed: 6 prompts wait already; send the next when one is answered."]);
    expect(video.effects.filter(({ kind }) => kind === "show")).toHaveLength(4);
    const error = { code: ErrorCode.UNAVAILABLE, message: "Lost.", reason: "" };
    video.hear({ kind: "not-shown", opening: 1, asked: video.open.asked[0]!.number, error });
    expect(video.heard).toEqual(["failed: Lost."]);
    expect(video.effects.filter(({ kind }) => kind === "show")).toHaveLength(5);
  });

  it("starts from the mask that the object has there, when that is asked", () => {
    const video = PlayedVideo.of(6).show(1, 0).run();
    video.play();
    video.say({ case: "prompt", value: { prompt: clicked(1, 2), fromCurrent: true } });
    expect(video.effects.at(-1)).toMatchObject({
      prompt: { prompt: { points: [{ x: 1 }], mask: { source: { value: { counts: rleOf(3).counts } } } } },
    });
  });

  it("that is taken back is forgotten, and its object with the last of them", () => {
    const video = PlayedVideo.of(6).show(1, 0).show(1, 4).run();
    video.play();
    video.told();
    video.say({ case: "remove", value: { object: 1, frame: 4 } });
    expect(video.heard).toEqual(["prompted nothing; 1: 1-3 1: 5-5"]);
    video.run();
    expect(video.play()).toEqual(["1: 1", "2: 1", "3: 1", "4: 1", "5: 1"]);
    video.say({ case: "prompt", value: { prompt: clicked(1, 5) } });
    video.say({ case: "remove", value: { object: 1 } });
    expect(video.heard.slice(-2)).toEqual(["failed: The prompt was taken back.", "prompted nothing;"]);
    expect(video.open.objects.size).toBe(0);
  });

  it("that finds nothing says so", () => {
    const video = PlayedVideo.of(2);
    video.say({ case: "prompt", value: { prompt: clicked(1, 0) } });
    const mask = { ...maskOf(1, 2) };
    delete mask.mask;
    video.hear({ kind: "shown", opening: 1, asked: video.open.asked[0]!.number, shown: { mask, size } });
    expect(video.heard).toEqual(["failed: Nothing was found on frame 0; show where the object is."]);
  });
});

describe("Y6 a run", () => {
  it("goes forwards from the first prompt and then backwards, and tells each frame", () => {
    const video = PlayedVideo.of(4).show(1, 1).run();
    expect(video.play()).toEqual(["2: 1", "3: 1", "0: 1"]);
    expect(video.heard.slice(1)).toEqual(["frame 2: 1 TRACKED", "frame 3: 1 TRACKED", "frame 0: 1 TRACKED", "done 3"]);
    // All is made.
    video.run();
    expect(video.heard).toEqual(["done 0"]);
  });

  it.each<[string, object, string[]]>([
    ["forwards alone", { from: 2, direction: TrackDirection.FORWARD }, ["3: 1", "4: 1", "5: 1"]],
    ["backwards alone", { from: 2, direction: TrackDirection.BACKWARD }, ["1: 1", "0: 1"]],
    ["what is wanted alone", { first: 1, last: 3 }, ["3: 1", "1: 1"]],
    ["from where a person is", { from: 4 }, ["4: 1", "5: 1", "1: 1", "0: 1", "3: 1"]],
  ])("goes %s", (_how, run, order) => {
    const video = PlayedVideo.of(6).show(1, 2).run(run);
    expect(video.play()).toEqual(order);
  });

  it("makes each frame from the nearer of the shown ones beside it, an object each", () => {
    const video = PlayedVideo.of(9).show(1, 0).show(1, 8).show(2, 3).run();
    expect(video.play()).toEqual([
      "1: 1",
      "2: 1",
      "3: 1",
      "4: 1 2",
      "5: 2",
      "6: 2",
      "7: 2",
      "8: 2",
      "7: 1",
      "6: 1",
      "5: 1",
      "2: 2",
      "1: 2",
      "0: 2",
    ]);
  });

  it("of a part that ends before the next shown frame makes all of it from the one before", () => {
    const video = PlayedVideo.of(9).show(1, 0).show(1, 8).run({ last: 6 });
    expect(video.play()).toEqual(["1: 1", "2: 1", "3: 1", "4: 1", "5: 1", "6: 1"]);
  });

  it("after a correction makes what lies between the shown frames beside it, and no more", () => {
    const video = PlayedVideo.of(12).show(1, 0).show(1, 10).show(2, 0).run();
    video.play();
    video.told();
    video.show(1, 6);
    expect(video.heard).toEqual(["prompted 1; 1: 1-5 1: 7-9"]);
    video.run();
    expect(video.play()).toEqual(["1: 1", "2: 1", "3: 1", "7: 1", "8: 1", "9: 1", "5: 1", "4: 1"]);
    expect(video.heard.at(-1)).toBe("done 8");
  });

  it("goes on with what a prompt in the middle of it has put out of date, and drops what was made before", () => {
    const video = PlayedVideo.of(5).show(1, 0).run();
    expect(video.made().made().open.run?.step?.frame).toBe(3);
    video.show(1, 2);
    // What is under way was made from what is no longer so.
    video.made();
    expect(video.heard.slice(1)).toEqual(["frame 1: 1 TRACKED", "frame 2: 1 TRACKED", "prompted 1; 1: 1-1"]);
    expect(video.play()).toEqual(["1: 1", "3: 1", "4: 1"]);
  });

  it("makes all anew when that is asked, but for what was shown", () => {
    const video = PlayedVideo.of(4).show(1, 0).show(1, 2).run();
    video.play();
    video.run({ again: true, last: 2 });
    expect(video.play()).toEqual(["1: 1"]);
  });

  it("is ended by a newer one, and when it is cancelled", () => {
    const video = PlayedVideo.of(4).show(1, 0).run().made();
    video.told();
    video.run();
    expect(video.heard).toEqual(["done 1 cancelled"]);
    video.say({ case: "cancel", value: {} });
    expect(video.heard).toEqual(["done 0 cancelled"]);
    expect(video.underWay).toBeUndefined();
  });

  it("to the end waits for frames that are appended", () => {
    const video = PlayedVideo.of(2, {}, { more: true }).show(1, 0).run().made();
    expect(video.heard.at(-1)).toBe("frame 1: 1 TRACKED");
    video.say({ case: "append", value: { imageIds: [idOf(2)], more: true } });
    video.made();
    video.say({ case: "append", value: { imageIds: [idOf(3)], more: false } });
    expect(video.play()).toEqual(["3: 1"]);
    expect(video.heard.at(-1)).toBe("done 3");
    const other = PlayedVideo.of(2, {}, { more: true }).show(1, 0).run().made();
    other.hear({ kind: "ended" });
    expect(other.heard.at(-1)).toBe("done 1");
  });

  it("is made from the two nearest shown frames and from the last three on its way", () => {
    const video = PlayedVideo.of(40).show(1, 0).show(1, 10).show(1, 39).run({ from: 10, last: 30 });
    for (let count = 0; count < 6; count++) video.made();
    const knownOf = () =>
      video.underWay?.known.map(({ imageId, everywhere }) => [Number(imageId.slice(-3)), everywhere]);
    expect(knownOf()).toEqual([
      [0, true],
      [10, true],
      [14, false],
      [15, false],
      [16, false],
    ]);
    expect(video.underWay?.next).toEqual([18, 19]);
    // Nothing is followed over a shown frame.
    video.run({ from: 10, last: 30 });
    video.show(1, 18).made();
    video.made();
    expect(video.open.run?.step?.frame).toBe(12);
    expect(knownOf()).toEqual([
      [18, true],
      [10, true],
      [11, false],
    ]);
  });

  it("is made from an object's mask on a frame that was shown of another one alone", () => {
    const video = PlayedVideo.of(9).show(1, 0).show(2, 0).run({ last: 4 });
    video.play();
    video.show(1, 4).run({ from: 5, first: 5 });
    const known = () =>
      video.underWay?.known.map(({ frame, everywhere, masks }) => [
        frame,
        everywhere,
        masks.map(({ object }) => object),
      ]);
    expect(video.open.run?.step).toMatchObject({ frame: 5, objects: [1, 2] });
    expect(known()).toEqual([
      [0, true, [1, 2]],
      [2, false, [2]],
      [3, false, [2]],
      [4, true, [1]],
      [4, false, [2]],
    ]);
  });

  it("of a model without a memory is made from 20 pictures at most, as decoders have always taken them", () => {
    const video = PlayedVideo.of(60);
    for (let object = 1; object <= 16; object++) video.show(object, 2 * object).show(object, 2 * object + 1);
    video.run({ from: 40 });
    const known = () => video.underWay!.known;
    expect(known()).toHaveLength(17);
    for (let made = 0; made < 5; made++) video.made(video.wanted.map((id) => maskOf(id, 2 * id)));
    expect(known()).toHaveLength(20);
    expect(new Set(known().flatMap(({ masks }) => masks.map(({ object }) => object))).size).toBe(16);
  });

  it("goes by the model's memory from where decoders tell of it, and on when they are lost", () => {
    const memory = create(TrackMemorySchema, { shownFrames: 6, madeFrames: 15 });
    const limits: Partial<VideoLimits> = { memory: undefined };
    const video = PlayedVideo.of(60, limits).show(1, 0).run();
    const told = (now: VideoLimits["memory"]) => Object.assign(video.limits, { memory: now });
    const knownAfter = (frames: number) => {
      for (let made = 0; made < frames; made++) video.made();
      return video.underWay!.known.length;
    };
    expect(knownAfter(19)).toBe(4);
    told(memory);
    expect(knownAfter(1)).toBe(16);
    told(undefined);
    expect(knownAfter(1)).toBe(16);
    // One of the decoders has the model without it.
    told("none");
    expect(knownAfter(1)).toBe(4);
  });

  it("says of a frame on the way in which it is absent that it is not there", () => {
    const absent = { ...maskOf(1, 3, TrackState.ABSENT) };
    delete absent.mask;
    const video = PlayedVideo.of(9).show(1, 0).run().made([absent]);
    expect(video.underWay?.known).toMatchObject([
      { imageId: idOf(0), everywhere: true, masks: [{ object: 1, rle: {} }] },
      { imageId: idOf(1), everywhere: false, masks: [{ object: 1 }] },
    ]);
    expect(video.underWay?.known[1]?.masks[0]?.rle).toBeUndefined();
    video.made([]);
    expect(video.heard.slice(1)).toEqual(["frame 1: 1 ABSENT", "frame 2: 1 ABSENT"]);
  });

  it("does not take what is out of date for known", () => {
    const video = PlayedVideo.of(9).show(1, 0).run({ last: 4 });
    video.play();
    video.show(1, 0).run({ from: 2, first: 2, last: 4 });
    expect(video.underWay?.known.map(({ imageId }) => imageId)).toEqual([idOf(0)]);
  });

  it("leaves people's masks their pixels, and takes those of masks that were made before", () => {
    const video = PlayedVideo.of(3).show(1, 0, 0).show(2, 0, 10).run();
    video.made([maskOf(1, 0), maskOf(2, 10)]);
    video.told();
    // Two pixels of object 1's, of which one was object 2's.
    video.say({ case: "prompt", value: { prompt: given(1, 1, 9) } });
    const [prompted] = video.told();
    expect(prompted).toMatchObject({
      value: {
        frame: {
          objects: [
            { object: 1, state: TrackState.CORRECTED },
            { object: 2, mask: { area: 1 } },
          ],
        },
      },
    });
    video.show(1, 2, 20).run();
    video.play();
    video.run({ again: true });
    video.made([maskOf(2, 9)]);
    const frame = video.told().findLast((update) => update.case === "frame");
    expect(frame).toMatchObject({ value: { frame: 1, objects: [{ object: 2, state: TrackState.ABSENT }] } });
  });

  it("says where a cut is", () => {
    const video = PlayedVideo.of(6).show(1, 0).run();
    for (const likeness of [0.9, 0.9, 0.5, 0.9]) video.made(undefined, likeness);
    const cuts = video
      .told()
      .flatMap((update) => (update.case === "frame" && update.value.cut ? [update.value.frame] : []));
    expect(cuts).toEqual([3]);
  });

  it("stops where a frame cannot be made, keeps what there is, and goes on from there", () => {
    const video = PlayedVideo.of(4).show(1, 0).run().made();
    const { opening, step } = video.underWay!;
    const error = { code: ErrorCode.NOT_FOUND, message: "Frame 2 is gone.", reason: "" };
    video.hear({ kind: "not-made", opening, step, frame: 2, missing: [2, 3], error });
    expect(video.heard.at(-1)).toBe("stopped at 2: Frame 2 is gone.");
    video.run();
    expect(video.play()).toEqual(["2: 1", "3: 1"]);
    video.hear({ kind: "give-up", error });
    expect(video.heard.at(-1)).toBe("done 2");
  });
});

describe("Y7 who does not read", () => {
  it("has nothing more made for him until he does, and the run given up in the end", () => {
    const video = PlayedVideo.of(9).show(1, 0).run();
    video.hear({ kind: "reader", isBehind: true }).made();
    expect(video.underWay).toBeUndefined();
    video.hear({ kind: "reader", isBehind: false });
    expect(video.open.run?.step?.frame).toBe(2);
    video.hear({ kind: "reader", isBehind: true }).made();
    const error = { code: ErrorCode.DEADLINE_EXCEEDED, message: "Unread.", reason: "" };
    video.told();
    video.hear({ kind: "give-up", error });
    expect(video.heard).toEqual(["stopped at 2: Unread."]);
  });
});

describe("Y8 what is kept of a video", () => {
  it("is bounded: masks that were made are forgotten, the farthest first, and none that a person made", () => {
    // Room for the ids, for what is known of each frame beside its mask, a person's mask and some others.
    const video = PlayedVideo.of(100, { maxBytes: 100 * (96 + 80) + 20 * 260 })
      .show(1, 0)
      .run();
    video.play();
    expect(video.heard.at(-1)).toBe("done 99");
    const { cells, shown } = video.open.objects.get(1)!;
    const kept = [...cells.entries()].filter(([, { rle }]) => rle).map(([frame]) => frame);
    expect(kept.length).toBeLessThan(20);
    expect(kept.at(-1)).toBe(99);
    expect([...cells.entries()]).toHaveLength(99);
    expect([...shown.keys()]).toEqual([0]);
    // It is made all the same.
    video.run();
    expect(video.heard).toEqual(["done 0"]);
  });

  it("leaves no room for more of what people make than there is", () => {
    const video = PlayedVideo.of(2, { maxBytes: 2 * 96 + 300 });
    video.show(1, 0).show(1, 1);
    expect(video.heard).toEqual([
      "prompted 1;",
      "failed: There is no room for more of this video here; close another one, or send a part of it.",
    ]);
    const other = new PlayedVideo({ maxBytes: 100 });
    other.say({ case: "open", value: { imageIds: [idOf(0), idOf(1)] } });
    expect(other.heard[0]).toMatch(/no room/);
  });
});

describe("Y10 who says all again", () => {
  it("goes on where it stopped, with the same frames from the same masks", () => {
    const first = PlayedVideo.of(12).show(1, 2).run().made().made().made();
    const cells = [...(first.open.objects.get(1)?.cells.entries() ?? [])];
    const again = PlayedVideo.of(12).show(1, 2);
    again.say({
      case: "known",
      value: {
        frames: cells.map(([frame, { rle, state }]) => ({
          frame,
          masks: [{ object: 1, ...(rle ? { rle } : {}), state }],
        })),
      },
    });
    expect(again.told().at(-1)).toMatchObject({ case: "opened", value: { known: 3, frames: 12 } });
    again.run();
    expect(again.underWay?.known).toEqual(first.underWay?.known);
    expect(again.play()).toEqual(first.play());
  });

  it("knows of one that is absent, and of none without a mask else", () => {
    const video = PlayedVideo.of(3).show(1, 0);
    const masks = [{ object: 1, state: TrackState.ABSENT }];
    video.say({ case: "known", value: { frames: [{ frame: 1, masks }] } });
    video.say({ case: "known", value: { frames: [{ frame: 2, masks: [{ object: 1 }] }] } });
    expect(video.heard.slice(1)).toEqual(["opened", "failed: The mask of object 1 on frame 2 is left out."]);
    video.run();
    expect(video.play()).toEqual(["2: 1"]);
  });
});
