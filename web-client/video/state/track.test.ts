import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  bitmapToRle,
  encodeRle,
  FrameMasksSchema,
  FrameRangeSchema,
  type Mask,
  MaskSchema,
  rleArea,
  rleBoundingBox,
  TrackState,
} from "../../../proto/index.js";
import { cocoOfVideo } from "../export/coco.js";
import { indexOfFrame } from "../export/masks-of-frame.js";
import { countsOf, stretchesOf } from "./lanes.js";
import { knownFrames } from "./replay.js";
import {
  accepted,
  broughtBack,
  emptyTrack,
  made,
  nextToMake,
  nextUnsure,
  objectOf,
  outdated,
  removed,
  shown,
  stateOn,
  type Track,
  toMake,
  unshown,
} from "./track.js";

const [width, height] = [6, 4];
/** The first so many pixels. */
const mask = (area: number): Mask => {
  const runs = bitmapToRle(
    Uint8Array.from({ length: width * height }, (_, at) => Number(at < area)),
    width,
    height,
  );
  return create(MaskSchema, { rle: encodeRle(runs), area: rleArea(runs), bbox: rleBoundingBox(runs) });
};
const { TRACKED, UNSURE, ABSENT } = TrackState;
const told = (frame: number, objects: { object: number; state: TrackState; area?: number }[], cut = false) =>
  create(FrameMasksSchema, {
    frame,
    cut,
    objects: objects.map(({ area, ...one }) => ({ ...one, ...(area !== undefined && { mask: mask(area) }) })),
  });
const one = { id: 1, colour: 0, name: undefined };

interface Annotation {
  readonly image_id: number;
  readonly track_id: number;
  readonly category_id: number;
  readonly area: number;
}

/** Shown on frame 2 of 6, tracked on 3, unsure on 1, absent on 4. */
function tracked(): Track {
  let track = shown(emptyTrack, 2, mask(5), one);
  track = made(track, told(3, [{ object: 1, state: TRACKED, area: 6 }]));
  track = made(track, told(1, [{ object: 1, state: UNSURE, area: 3 }]));
  return made(track, told(4, [{ object: 1, state: ABSENT }]));
}
const statesOf = (track: Track, frames = 6) => {
  const object = objectOf(track, 1);
  return object && Array.from({ length: frames }, (_, frame) => stateOn(object, frame));
};

describe("a track", () => {
  it("has what a person showed, what was made of it, and what is missing", () => {
    expect(statesOf(tracked())).toEqual(["none", "unsure", "corrected", "tracked", "absent", "none"]);
    expect(toMake(tracked(), 6)).toEqual([0, 5]);
    expect(toMake(emptyTrack, 6)).toEqual([]);
    expect(nextToMake(tracked(), 6, 3, 9)).toEqual([5, 0]);
    expect(nextToMake(tracked(), 6, 3, 1)).toEqual([5]);
    expect(nextToMake(tracked(), 6, 0, 9)).toEqual([0, 5]);
    expect(nextToMake(tracked(), 6, 6, 9)).toEqual([5, 0]);
  });

  it("lets nothing take the place of what a person showed", () => {
    const track = made(tracked(), told(2, [{ object: 1, state: TRACKED, area: 1 }]));
    expect(stateOn(track.objects[0]!, 2)).toBe("corrected");
    // Taken back, the frame is to be made like those beside it.
    expect(statesOf(unshown(track, 1, 2))?.[2]).toBe("outdated");
  });

  it("is out of date where a correction reaches, until that is made anew", () => {
    const track = outdated(tracked(), [create(FrameRangeSchema, { object: 1, first: 3, last: 5 })]);
    expect(statesOf(track)).toEqual(["none", "unsure", "corrected", "outdated", "outdated", "none"]);
    expect(toMake(track, 6)).toEqual([0, 3, 4, 5]);
    expect(stateOn(made(track, told(3, [{ object: 1, state: TRACKED, area: 6 }])).objects[0]!, 3)).toBe("tracked");
  });

  it("is out of date around a correction as far as the next ones, also while no service is there to say so", () => {
    let track = made(tracked(), told(5, [{ object: 1, state: TRACKED, area: 2 }]));
    track = shown(track, 4, mask(7), one);
    expect(statesOf(track)).toEqual(["none", "unsure", "corrected", "outdated", "corrected", "outdated"]);
    // Told a service that knows nothing, what came of the old is not said to stand.
    expect(
      knownFrames(track)
        .flat()
        .map(({ frame }) => frame),
    ).toEqual([1]);
    track = made(track, told(3, [{ object: 1, state: TRACKED, area: 6 }]));
    expect(statesOf(unshown(track, 1, 2))).toEqual(["none", "outdated", "none", "outdated", "corrected", "outdated"]);
  });

  it("leads from one unsure frame to the next, round and round, but to none that was accepted", () => {
    const track = made(tracked(), told(5, [{ object: 1, state: UNSURE, area: 2 }]));
    expect([nextUnsure(track, 6, 2, 1), nextUnsure(track, 6, 5, 1), nextUnsure(track, 6, 1, -1)]).toEqual([5, 1, 5]);
    const seen = accepted(track, 5);
    expect([stateOn(seen.objects[0]!, 5), nextUnsure(seen, 6, 1, 1)]).toEqual(["accepted", 1]);
    expect(nextUnsure(accepted(seen, 1), 6, 0, 1)).toBeUndefined();
  });

  it("has an object back with all its frames", () => {
    const gone = removed(tracked(), 1);
    expect([gone.objects, toMake(gone, 6)]).toEqual([[], []]);
    // What was under way when it was removed makes nothing of it.
    expect(made(gone, told(3, [{ object: 1, state: TRACKED, area: 6 }])).objects).toEqual([]);
    expect(statesOf(broughtBack(gone, 1))).toEqual(statesOf(tracked()));
  });

  it("knows its cuts", () => {
    const cut = made(tracked(), told(3, [{ object: 1, state: TRACKED, area: 6 }], true));
    expect([...cut.cuts]).toEqual([3]);
    expect([...made(cut, told(3, [{ object: 1, state: TRACKED, area: 6 }])).cuts]).toEqual([]);
  });
});

describe("what is told and taken of a track", () => {
  it("is, as a lane, a stretch a state", () => {
    expect(stretchesOf(tracked().objects[0]!, 6).map(({ state, first, last }) => [state, first, last])).toEqual([
      ["none", 0, 0],
      ["unsure", 1, 1],
      ["corrected", 2, 2],
      ["tracked", 3, 3],
      ["absent", 4, 4],
      ["none", 5, 5],
    ]);
    expect(countsOf(tracked().objects[0]!, 6).get("none")).toBe(2);
  });

  it("is, to a service that knows nothing, all that still stands", () => {
    const track = outdated(tracked(), [create(FrameRangeSchema, { object: 1, first: 3, last: 3 })]);
    const [portion = []] = knownFrames(track);
    expect(portion.map(({ frame, masks }) => [frame, masks[0]?.state, masks[0]?.rle !== undefined])).toEqual([
      [1, UNSURE, true],
      [4, ABSENT, false],
    ]);
  });

  it("is said in portions that a connection carries", () => {
    let track = shown(emptyTrack, 0, mask(1), one);
    const large = {
      ...mask(2),
      rle: { $typeName: "maskwire.v1.Rle" as const, size: [4, 6], counts: "x".repeat(400_000) },
    };
    for (const frame of [1, 2, 3]) {
      track = made(track, create(FrameMasksSchema, { frame, objects: [{ object: 1, state: TRACKED, mask: large }] }));
    }
    expect(knownFrames(track).map((portion) => portion.map(({ frame }) => frame))).toEqual([[1], [2], [3]]);
  });

  it("is, as DAVIS has it, an index a pixel, a person's over what was made", () => {
    let track = shown(tracked(), 3, mask(2), { id: 2, colour: 1, name: "dog" });
    track = made(track, told(3, [{ object: 2, state: TRACKED, area: 9 }]));
    expect([...indexOfFrame(track, 3, width, height)].slice(0, 8)).toEqual([2, 2, 1, 1, 1, 1, 0, 0]);
    expect([...indexOfFrame(track, 4, width, height)].every((index) => index === 0)).toBe(true);
  });

  it("is, as COCO has it, an annotation an object and frame with the number that stays", () => {
    const track = shown(tracked(), 3, mask(2), { id: 2, colour: 1, name: "dog" });
    const frames = Array.from({ length: 6 }, (_, at) => ({ name: `${at}.jpg`, timeMs: at * 40 }));
    const { images, annotations, categories } = JSON.parse(cocoOfVideo({ name: "v", width, height, frames }, track));
    expect(images[1]).toEqual({ id: 2, file_name: "1.jpg", width, height, frame_index: 1, timestamp_ms: 40 });
    expect(categories.map(({ name }: { name: string }) => name)).toEqual(["object", "dog"]);
    expect(annotations.map((one: Annotation) => [one.image_id, one.track_id, one.category_id, one.area])).toEqual([
      [2, 1, 1, 3],
      [3, 1, 1, 5],
      [4, 1, 1, 6],
      [4, 2, 2, 2],
    ]);
  });
});
