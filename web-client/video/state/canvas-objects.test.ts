import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { FrameMasksSchema, type Mask, MaskSchema, TrackState } from "../../../proto/index.js";
import { noPrompts } from "../../sdk/session/prompts.js";
import type { SceneObject } from "../../state/work.js";
import { emptySheet, laidOf, read, type Sheet } from "./canvas-objects.js";
import { emptyTrack, made, maskOn, objectOf, shown, stateOn, type Track } from "./track.js";

const mask = (area: number): Mask => create(MaskSchema, { area, rle: { size: [4, 6], counts: `${area}` } });
const kept = (id: number, area: number): SceneObject => ({
  id,
  name: undefined,
  colour: 3,
  visible: true,
  prompts: noPrompts,
  answer: { masks: [mask(area)], chosen: 0 },
});
const tracked = (track: Track, frame: number, object: number, area: number) =>
  made(track, create(FrameMasksSchema, { frame, objects: [{ object, state: TrackState.TRACKED, mask: mask(area) }] }));

/** What the canvas says after it was laid out, and a person's doing. */
function canvas(track: Track, frame: number) {
  const laid = laidOf(track, emptySheet(frame));
  return { ...laid, objects: [...laid.sheet.objects] };
}

describe("a frame on the canvas", () => {
  it("has every object of the video, also one that is not there", () => {
    let track = shown(emptyTrack, 0, mask(5), { id: 1, colour: 3, name: undefined });
    track = tracked(shown(track, 0, mask(6), { id: 2, colour: 4, name: "dog" }), 4, 2, 7);
    const { objects } = canvas(track, 4);
    expect(objects.map(({ id, name, answer }) => [id, name, answer.masks.map(({ area }) => area)])).toEqual([
      [1, undefined, []],
      [2, "dog", [7]],
    ]);
  });

  it("makes a new object of what is kept, and of what is changed a correction", () => {
    const first = read(emptyTrack, emptySheet(2), [kept(1, 5)]);
    expect(first.corrections).toEqual([{ kind: "shown", object: 1, frame: 2 }]);
    expect(objectOf(first.track, 1)).toMatchObject({ colour: 3, isVisible: true });
    const later = canvas(tracked(first.track, 4, 1, 7), 4);
    const again = read(tracked(first.track, 4, 1, 7), later.sheet, [kept(1, 9)]);
    expect(again.corrections).toEqual([{ kind: "shown", object: 1, frame: 4 }]);
    expect(objectOf(again.track, 1)?.person.get(4)?.area).toBe(9);
  });

  it("takes a correction back when it is undone, and what was tracked shows again", () => {
    const track = tracked(shown(emptyTrack, 0, mask(5), { id: 1, colour: 3, name: undefined }), 4, 1, 7);
    const { sheet, objects } = canvas(track, 4);
    const corrected = read(track, sheet, [kept(1, 9)]);
    expect(stateOn(corrected.track.objects[0]!, 4)).toBe("corrected");
    const undone = read(corrected.track, corrected.sheet, objects);
    expect(undone.corrections).toEqual([{ kind: "unshown", object: 1, frame: 4 }]);
    expect(maskOn(undone.track.objects[0]!, 4)?.area).toBe(7);
    // The service has it no more, and makes it again.
    expect(stateOn(undone.track.objects[0]!, 4)).toBe("outdated");
  });

  it("brings a removed object back by undo with its other frames, and takes a new one of its number for new", () => {
    const track = tracked(shown(emptyTrack, 0, mask(5), { id: 1, colour: 3, name: undefined }), 4, 1, 7);
    const { sheet, objects } = canvas(track, 4);
    const gone = read(track, sheet, []);
    expect([gone.corrections, gone.track.objects]).toEqual([[{ kind: "removed", object: 1 }], []]);
    const back = read(gone.track, gone.sheet, objects);
    expect(back.corrections).toEqual([{ kind: "brought-back", object: 1 }]);
    expect(objectOf(back.track, 1)?.person.has(0)).toBe(true);
    const fresh = read(gone.track, emptySheet(5), [kept(1, 2)]);
    expect(fresh.corrections).toEqual([{ kind: "shown", object: 1, frame: 5 }]);
    expect([...(objectOf(fresh.track, 1)?.person.keys() ?? [])]).toEqual([5]);
  });

  it("is laid out anew where something was tracked, and never over what a person made there", () => {
    let track = shown(emptyTrack, 0, mask(5), { id: 1, colour: 3, name: undefined });
    const own = read(track, laidOf(track, emptySheet(4)).sheet, [kept(1, 9)]);
    track = tracked(own.track, 4, 1, 7);
    expect(laidOf(track, own.sheet).objects).toEqual([]);
    const other: Sheet = canvas(track, 3).sheet;
    const next = laidOf(tracked(track, 3, 1, 8), other);
    expect(next.objects.map(({ answer }) => answer.masks[0]?.area)).toEqual([8]);
  });

  it("loses what was removed elsewhere", () => {
    const track = shown(emptyTrack, 0, mask(5), { id: 1, colour: 3, name: undefined });
    expect(laidOf(emptyTrack, canvas(track, 4).sheet).gone).toEqual([1]);
  });
});
