/** Between runs and bitmaps: row-major bytes on one side, COCO's column-major runs on the other. */
import { checkMaskSize, checkRuns, eachColumnSpan, type MaskRuns, RunsBuilder } from "./rle.js";

/**
 * The mask as `height * width` bytes, row by row: 0 outside, `foreground` (1 to 255) inside.
 *
 * Only where a column's value changes is anything written: each row is a copy of the one above with those columns
 * flipped, so memory is walked in order whatever the shape.
 * @throws RangeError as {@link checkRuns} does.
 */
export function rleToBitmap(mask: MaskRuns, foreground = 1): Uint8Array {
  checkRuns(mask);
  const { height, width } = mask;
  const flips = columnFlips(mask);
  const bitmap = new Uint8Array(height * width);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    if (y > 0) bitmap.copyWithin(row, row - width, row);
    for (let i = flips.starts[y]!; i < flips.starts[y + 1]!; i++) {
      const at = row + flips.columns[i]!;
      bitmap[at] = bitmap[at]! ^ foreground;
    }
  }
  return bitmap;
}

/**
 * Runs of a bitmap of `height * width` bytes, row by row, where anything but 0 is foreground.
 * @throws RangeError when the size is absurd or the bitmap's length differs from it.
 */
export function bitmapToRle(bitmap: Uint8Array | Uint8ClampedArray, width: number, height: number): MaskRuns {
  checkMaskSize(height, width);
  if (bitmap.length !== height * width) {
    throw new RangeError(`The bitmap has ${bitmap.length} pixels, but its size is ${height} x ${width}.`);
  }
  // Two passes in memory order: count the changes from one row to the next in each column, then sort them by column.
  const starts = new Uint32Array(width + 2);
  eachFlip(bitmap, width, height, (x) => {
    starts[x + 2] = starts[x + 2]! + 1;
  });
  for (let x = 2; x < starts.length; x++) starts[x] = starts[x]! + starts[x - 1]!;
  const rows = new Uint32Array(starts[width + 1]!);
  eachFlip(bitmap, width, height, (x, y) => {
    const at = starts[x + 1]!;
    rows[at] = y;
    starts[x + 1] = at + 1;
  });
  const builder = new RunsBuilder(rows.length + 2);
  for (let x = 0; x < width; x++) {
    const end = starts[x + 1]!;
    for (let i = starts[x]!; i < end; i += 2) {
      builder.add(x * height + rows[i]!, x * height + (i + 1 < end ? rows[i + 1]! : height));
    }
  }
  return { height, width, runs: builder.finish(height * width) };
}

/** Calls back, row by row, where a pixel differs from the one above it; above the first row all is background. */
function eachFlip(bitmap: ArrayLike<number>, width: number, height: number, flip: (x: number, y: number) => void) {
  for (let x = 0; x < width; x++) if (bitmap[x] !== 0) flip(x, 0);
  for (let y = 1, at = width; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const value = bitmap[at]!;
      const above = bitmap[at - width]!;
      if (value !== above && (value === 0 || above === 0)) flip(x, y);
    }
  }
}

/**
 * The columns whose value changes on entering each row, sorted by row: those of row y are
 * `columns[starts[y]] .. columns[starts[y + 1] - 1]`. A column that changes twice at once is listed twice.
 */
export function columnFlips(mask: MaskRuns): { starts: Uint32Array; columns: Uint32Array } {
  const { height } = mask;
  const starts = new Uint32Array(height + 2);
  eachColumnSpan(mask, (_x, top, bottom) => {
    starts[top + 2] = starts[top + 2]! + 1;
    if (bottom < height) starts[bottom + 2] = starts[bottom + 2]! + 1;
  });
  for (let y = 2; y < starts.length; y++) starts[y] = starts[y]! + starts[y - 1]!;
  const columns = new Uint32Array(starts[height + 1]!);
  const put = (y: number, x: number) => {
    const at = starts[y + 1]!;
    columns[at] = x;
    starts[y + 1] = at + 1;
  };
  eachColumnSpan(mask, (x, top, bottom) => {
    put(top, x);
    if (bottom < height) put(bottom, x);
  });
  return { starts, columns };
}
