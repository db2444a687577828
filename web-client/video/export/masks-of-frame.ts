import { decodeRle, type MaskRuns, rleToBitmap } from "../../../proto/index.js";
import { maskOn, type Track, type TrackedObject } from "../state/track.js";

interface FrameMask {
  readonly object: TrackedObject;
  readonly runs: MaskRuns;
}

/** The masks of a frame, those that people made last: of two that overlap they have the pixels. */
export function masksOfFrame({ objects }: Track, frame: number): FrameMask[] {
  const inOrder = [...objects].sort((a, b) => Number(a.person.has(frame)) - Number(b.person.has(frame)));
  return inOrder.flatMap((object) => {
    const mask = maskOn(object, frame);
    return mask?.rle !== undefined && mask.area > 0 ? [{ object, runs: decodeRle(mask.rle) }] : [];
  });
}

/** The number of the object on each pixel, row by row; 0 where there is none. */
export function indexOfFrame(track: Track, frame: number, width: number, height: number): Uint8Array {
  const all = new Uint8Array(width * height);
  for (const { object, runs } of masksOfFrame(track, frame)) {
    if (runs.width !== width || runs.height !== height) continue;
    const inside = rleToBitmap(runs);
    for (let at = 0; at < all.length; at++) if (inside[at]) all[at] = object.id;
  }
  return all;
}
