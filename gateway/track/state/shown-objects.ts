import { create } from "@bufbuild/protobuf";
import { type FrameRange, FrameRangeSchema, type Rle } from "../../../proto/index.js";
import { type Cell, Cells } from "./cells.js";
import { shownBeside } from "./plan.js";
import type { OpenedVideo, TrackedObject } from "./video-state.js";

/** What is changed, and which of what was made is out of date by it. */
interface Changed {
  readonly video: OpenedVideo;
  readonly outdated: readonly FrameRange[];
}

/** A person's mask of an object on a frame: it is that from now on. */
export function showObject(video: OpenedVideo, id: number, frame: number, rle: Rle): Changed {
  const object = video.objects.get(id) ?? { id, shown: new Map(), shownFrames: [], cells: Cells.none, round: 0 };
  const shown = new Map(object.shown).set(frame, rle);
  const cells = object.cells.with(frame, undefined);
  return withShown(video, { ...object, shown, cells }, frame);
}

/** A person's mask is taken back: the frame is to be made like those beside it. */
export function unshowObject(video: OpenedVideo, object: TrackedObject, frame: number): Changed {
  const shown = new Map(object.shown);
  shown.delete(frame);
  return shown.size === 0 ? forgetObject(video, object) : withShown(video, { ...object, shown }, frame);
}

export function forgetObject(video: OpenedVideo, { id }: TrackedObject): Changed {
  const objects = new Map(video.objects);
  objects.delete(id);
  return { video: afresh({ ...video, objects }), outdated: [] };
}

function withShown(video: OpenedVideo, changed: TrackedObject, frame: number): Changed {
  const shownFrames = [...changed.shown.keys()].sort((a, b) => a - b);
  const object = { ...changed, shownFrames, round: video.count + 1 };
  const { before = -1, behind = video.imageIds.length } = shownBeside(object, frame);
  const frames: number[] = [];
  const cells = object.cells.changed(before + 1, behind - 1, (cell, at) => {
    if (!cell) return cell;
    frames.push(at);
    return { ...cell, isOutdated: true };
  });
  const objects = new Map(video.objects).set(object.id, { ...object, cells });
  return {
    video: afresh({ ...video, objects, count: object.round }),
    outdated: rangesOf(frames).map((range) => create(FrameRangeSchema, { object: object.id, ...range })),
  };
}

/** A run looks at all of its frames once more. */
export const afresh = (video: OpenedVideo): OpenedVideo =>
  video.run ? { ...video, run: { ...video.run, at: undefined } } : video;

/** @param frames in their order. */
function rangesOf(frames: readonly number[]): { first: number; last: number }[] {
  const ranges: { first: number; last: number }[] = [];
  for (const frame of frames) {
    const range = ranges.at(-1);
    if (range && range.last === frame - 1) range.last = frame;
    else ranges.push({ first: frame, last: frame });
  }
  return ranges;
}

export function withCell(video: OpenedVideo, id: number, frame: number, cell: Cell): OpenedVideo {
  const object = video.objects.get(id);
  if (!object || object.shown.has(frame)) return video;
  const objects = new Map(video.objects).set(id, { ...object, cells: object.cells.with(frame, cell) });
  return { ...video, objects };
}
