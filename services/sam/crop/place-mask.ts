import { eachColumnSpan, type MaskRuns, RunsBuilder } from "../../../proto/rle.js";
import type { TracedMask } from "../masks/trace-mask.js";
import type { PictureSize } from "../prompts/check-prompt.js";
import type { Region } from "../region.js";

/** A part of a picture that is decoded by itself. */
export interface PicturePart {
  readonly crop: Region;
  readonly picture: PictureSize;
}

/** A mask of a part of the picture as a mask of the picture. */
export function placeMask(mask: MaskRuns, crop: Region, { width, height }: PictureSize): MaskRuns {
  const builder = new RunsBuilder(mask.runs.length + 1);
  eachColumnSpan(mask, (x, top, bottom) => {
    const column = (crop.x + x) * height + crop.y;
    builder.add(column + top, column + bottom);
  });
  return { width, height, runs: builder.finish(width * height) };
}

/** The same with its box and area. */
export function placeTraced({ box, area, ...mask }: TracedMask, { crop, picture }: PicturePart): TracedMask {
  const isEmpty = box.width === 0;
  const placed = isEmpty ? box : { ...box, x: box.x + crop.x, y: box.y + crop.y };
  return { ...placeMask(mask, crop, picture), box: placed, area };
}

/** What of a mask of the picture lies in a part, as a mask of the part. */
export function cutMask(mask: MaskRuns, { x: left, y: upper, width, height }: Region): MaskRuns {
  const builder = new RunsBuilder(mask.runs.length + 1);
  eachColumnSpan(mask, (x, top, bottom) => {
    const from = Math.max(top - upper, 0);
    const to = Math.min(bottom - upper, height);
    if (x < left || x >= left + width || from >= to) return;
    const column = (x - left) * height;
    builder.add(column + from, column + to);
  });
  return { width, height, runs: builder.finish(width * height) };
}
