import { eachColumnSpan, type MaskRuns } from "./rle.js";

/** Closed outlines of a mask in pixels of the picture: x, y, x, y, ... each; the object lies to the right of the way. */
export type Outline = Float32Array;

/**
 * Traces the outlines of a mask straight from its runs, without a bitmap: the cost follows the length of the outline
 * and not the picture's megapixels, and a vector outline stays crisp at any zoom.
 *
 * Every run has two ends, and each end is a horizontal piece of the outline one pixel wide. On the grid line between
 * two columns the outline runs where exactly one of the columns is inside, that is, between the first and the second
 * end of both columns in order of height, the third and the fourth, and so on: ends of a pair are neighbours on the
 * outline. Joining the middles of the unit pieces cuts the corners, so slopes do not look like stairs.
 */
export function traceOutlines(mask: MaskRuns): Outline[] {
  const { ys, columns } = runEnds(mask);
  const count = ys.length;
  const leftOf = new Int32Array(count);
  const rightOf = new Int32Array(count);
  for (let line = 0; line < columns.length; line++) {
    // Ends of the column to the left of the grid line, and to the right of it.
    let i = line === 0 ? 0 : columns[line - 1]!;
    const iEnd = line === 0 ? 0 : columns[line]!;
    let j = columns[line]!;
    const jEnd = columns[line + 1] ?? count;
    let open = -1;
    while (i < iEnd || j < jEnd) {
      const fromLeft = j >= jEnd || (i < iEnd && ys[i]! <= ys[j]!);
      const end = fromLeft ? i++ : j++;
      if (open < 0) {
        open = end;
        continue;
      }
      if (open < iEnd) rightOf[open] = end;
      else leftOf[open] = end;
      if (fromLeft) rightOf[end] = open;
      else leftOf[end] = open;
      open = -1;
    }
  }
  return followEnds(ys, columnOf(columns, count), leftOf, rightOf);
}

/** The heights of all run ends, column by column; `columns[x]` is the first of column x. Even ones begin a run. */
function runEnds(mask: MaskRuns): { ys: Int32Array; columns: Int32Array } {
  const columns = new Int32Array(mask.width + 1);
  // A run that goes on in the next column has ends in both.
  const ys = new Int32Array(mask.runs.length + 2 * mask.width + 2);
  let count = 0;
  let column = 0;
  eachColumnSpan(mask, (x, top, bottom) => {
    while (column < x) columns[++column] = count;
    ys[count++] = top;
    ys[count++] = bottom;
  });
  while (column < mask.width) columns[++column] = count;
  return { ys: ys.subarray(0, count), columns };
}

function columnOf(columns: Int32Array, count: number): Int32Array {
  const of = new Int32Array(count);
  for (let x = 0; x < columns.length; x++) of.fill(x, columns[x]!, columns[x + 1] ?? count);
  return of;
}

function followEnds(ys: Int32Array, xs: Int32Array, leftOf: Int32Array, rightOf: Int32Array): Outline[] {
  const outlines: Outline[] = [];
  const done = new Uint8Array(ys.length);
  for (let start = 0; start < ys.length; start += 2) {
    if (done[start] === 1) continue;
    const outline: number[] = [];
    let end = start;
    // A run's beginning is walked to the right, so that the object is on the right-hand side.
    let rightwards = true;
    do {
      done[end] = 1;
      const x = xs[end]!;
      const next: number = rightwards ? rightOf[end]! : leftOf[end]!;
      outline.push(x + 0.5, ys[end]!);
      const line: number = rightwards ? x + 1 : x;
      const rise = ys[next]! - ys[end]!;
      if (rise !== 0) {
        const half = Math.sign(rise) / 2;
        outline.push(line, ys[end]! + half);
        if (Math.abs(rise) > 1) outline.push(line, ys[next]! - half);
      }
      // The neighbour is met on this grid line; the way goes on through its other side.
      rightwards = xs[next]! === line;
      end = next;
    } while (end !== start || !rightwards);
    outlines.push(Float32Array.from(outline));
  }
  return outlines;
}
