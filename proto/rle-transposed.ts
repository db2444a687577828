import { type MaskRuns, RunsBuilder } from "./rle.js";
import { columnFlips } from "./rle-bitmap.js";

/**
 * A mask with rows and columns changed round: its runs are those of the mask row by row, which is how many formats have them, and so
 * the other way. Each row is the one above with some columns flipped, so only where edges are is anything done.
 */
export function transposed(mask: MaskRuns): MaskRuns {
  const { height, width } = mask;
  const { starts, columns } = columnFlips(mask);
  const builder = new RunsBuilder(mask.runs.length + 2);
  /** Where the row's value changes, from left to right. */
  let edges = new Uint32Array(width + 2);
  let count = 0;
  let spare = new Uint32Array(width + 2);
  for (let y = 0; y < height; y++) {
    const [from, to] = [starts[y]!, starts[y + 1]!];
    if (to > from) {
      count = flip(edges, count, columns, from, to, spare);
      [edges, spare] = [spare, edges];
    }
    for (let i = 0; i < count; i += 2) builder.add(y * width + edges[i]!, y * width + edges[i + 1]!);
  }
  return { height: width, width: height, runs: builder.finish(height * width) };
}

/** The edges of a row whose columns are flipped, those of `columns` between two indices: how many there are. */
function flip(
  edges: Uint32Array,
  count: number,
  columns: Uint32Array,
  from: number,
  to: number,
  flipped: Uint32Array,
): number {
  let length = 0;
  let i = 0;
  const put = (edge: number) => {
    while (i < count && edges[i]! < edge) flipped[length++] = edges[i++]!;
    // Two edges at one place are none.
    if (i < count && edges[i] === edge) i++;
    else flipped[length++] = edge;
  };
  for (let at = from; at < to; ) {
    const first = columns[at]!;
    if (at + 1 < to && columns[at + 1] === first) {
      at += 2;
      continue;
    }
    let end = first + 1;
    for (at++; at < to && columns[at] === end && (at + 1 === to || columns[at + 1] !== end); at++) end++;
    put(first);
    put(end);
  }
  while (i < count) flipped[length++] = edges[i++]!;
  return length;
}
