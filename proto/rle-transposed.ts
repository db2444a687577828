import { eachColumnSpan, type MaskRuns, RunsBuilder, rleBoundingBox } from "./rle.js";

/**
 * A mask with rows and columns changed round: its runs are those of the mask row by row, which is how many formats have them, and so
 * the other way. Only the box around the mask is looked at.
 */
export function transposed(mask: MaskRuns): MaskRuns {
  const { height, width } = mask;
  const box = rleBoundingBox(mask);
  const bitmap = new Uint8Array(box.width * box.height);
  eachColumnSpan(mask, (x, top, bottom) => {
    const column = (x - box.x) * box.height - box.y;
    bitmap.fill(1, column + top, column + bottom);
  });
  const builder = new RunsBuilder(mask.runs.length + 2);
  for (let y = 0; y < box.height; y++) {
    const row = (box.y + y) * width + box.x;
    for (let x = 0, at = y; x < box.width; ) {
      while (x < box.width && bitmap[at] === 0) [x, at] = [x + 1, at + box.height];
      const start = x;
      while (x < box.width && bitmap[at] === 1) [x, at] = [x + 1, at + box.height];
      if (x > start) builder.add(row + start, row + x);
    }
  }
  return { height: width, width: height, runs: builder.finish(height * width) };
}
