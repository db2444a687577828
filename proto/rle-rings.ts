import type { MaskRuns } from "./rle.js";
import { type Outline, traceOutlines } from "./rle-outlines.js";

/**
 * The outlines of a mask along the edges of its pixels: the corners of each ring, x, y, x, y, ... in whole numbers; the
 * object lies to the right of the way.
 */
export function pixelRings(mask: MaskRuns): number[][] {
  return traceOutlines(mask).map(alongPixels);
}

/** Undoes what joining the middles of the edges has cut off. */
function alongPixels(outline: Outline): number[] {
  const corners: number[] = [];
  const count = outline.length / 2;
  /** The middle of a horizontal edge; the others lie on the lines between columns. */
  const isEdge = (i: number) => !Number.isInteger(outline[2 * i]!);
  let height = outline[1]!;
  for (let i = 1; i <= count; i++) {
    const at = i % count;
    if (isEdge(at)) {
      height = outline[2 * at + 1]!;
      continue;
    }
    // The way between two edges of different heights, along a line between columns.
    const line = outline[2 * at]!;
    const next = isEdge((at + 1) % count) ? at + 1 : at + 2;
    corners.push(line, height, line, outline[2 * (next % count) + 1]!);
    i = next - 1;
  }
  return corners;
}
