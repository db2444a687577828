import { type MaskRuns, RunsBuilder } from "./rle.js";

/** What a pixel of the outcome needs: either mask, both, or the first without the second. */
export type MaskOperation = "union" | "intersection" | "difference";

/**
 * Two masks of one size as one, from their runs alone.
 * @throws RangeError when the sizes differ.
 */
export function combineMasks(a: MaskRuns, b: MaskRuns, operation: MaskOperation): MaskRuns {
  if (a.height !== b.height || a.width !== b.width) throw new RangeError("The masks are not of one size.");
  const { height, width } = a;
  const total = height * width;
  const isIn = operations[operation];
  const builder = new RunsBuilder(a.runs.length + b.runs.length);
  let i = 0;
  let j = 0;
  let aEnd = a.runs[0] ?? total;
  let bEnd = b.runs[0] ?? total;
  for (let at = 0; at < total; ) {
    const end = Math.min(aEnd, bEnd, total);
    if (end > at && isIn((i & 1) === 1, (j & 1) === 1)) builder.add(at, end);
    at = end;
    if (aEnd === end) aEnd += a.runs[++i] ?? total;
    if (bEnd === end) bEnd += b.runs[++j] ?? total;
  }
  return { height, width, runs: builder.finish(total) };
}

const operations: Record<MaskOperation, (a: boolean, b: boolean) => boolean> = {
  union: (a, b) => a || b,
  intersection: (a, b) => a && b,
  difference: (a, b) => a && !b,
};
