import { checkMaskSize, eachColumnSpan, type MaskBox, type MaskRuns, RunsBuilder } from "./rle.js";

/** What of a mask lies in a box, as a mask of the box's size. The box has at least a pixel, and may reach beyond the mask. */
export function cutMask(mask: MaskRuns, box: MaskBox): MaskRuns {
  checkMaskSize(box.height, box.width);
  const builder = new RunsBuilder(mask.runs.length + 2);
  eachColumnSpan(mask, (x, top, bottom) => {
    if (x < box.x || x >= box.x + box.width) return;
    const [from, to] = [Math.max(top - box.y, 0), Math.min(bottom - box.y, box.height)];
    const column = (x - box.x) * box.height;
    if (to > from) builder.add(column + from, column + to);
  });
  return { height: box.height, width: box.width, runs: builder.finish(box.height * box.width) };
}

/** A mask with its first pixel at a place in a larger one; what lies beyond that is lost. */
export function placeMask(part: MaskRuns, x: number, y: number, width: number, height: number): MaskRuns {
  return cutMask(part, { x: -x, y: -y, width, height });
}
