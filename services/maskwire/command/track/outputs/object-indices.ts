import { decodeRle, type FrameMasks, rleToBitmap } from "../../../../../proto/index.js";
import type { Size } from "./tracked-frames.js";

/** Row by row: the object's number, 0 where there is none. A pixel is of one object, the last of those that have it. */
export function objectIndices(frame: FrameMasks | undefined, { width, height }: Size): Uint16Array {
  const all = new Uint16Array(width * height);
  for (const { object, mask } of frame?.objects ?? []) {
    if (!mask?.rle) continue;
    const inside = rleToBitmap(decodeRle(mask.rle));
    for (let at = 0; at < all.length; at++) if (inside[at]) all[at] = object;
  }
  return all;
}
