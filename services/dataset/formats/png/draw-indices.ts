import { type MaskRuns, rleArea } from "../../../../proto/index.js";
import { runsOfMask } from "../shapes/shapes.js";
import type { Mask } from "../types.js";
import { turned } from "./turned.js";

/**
 * Masks as one index a pixel, the smallest object on top.
 * @param values of as many pixels as the picture has, all 0. @returns them row by row, and how many masks have lost pixels to others.
 */
export function drawIndices<Values extends Uint8Array | Uint16Array>(
  masks: readonly { readonly rle: Mask; readonly index: number }[],
  values: Values,
  height: number,
): { values: Values; covered: number } {
  const sized = masks.map(({ rle, index }) => ({ runs: runsOfMask(rle), index }));
  const sorted = sized.map((mask) => ({ ...mask, area: rleArea(mask.runs) })).sort((a, b) => b.area - a.area);
  // Down the columns, as masks are.
  for (const { runs, index } of sorted) eachSpan(runs, (start, end) => values.fill(index, start, end));
  const covered = sorted.filter(({ runs, index }) => isCovered(runs, index, values)).length;
  return { values: turned(values, height, values.length / height), covered };
}

function eachSpan({ runs }: MaskRuns, span: (start: number, end: number) => void): void {
  for (let i = 1, at = runs[0] ?? 0; i < runs.length; i += 2) {
    const end = at + runs[i]!;
    span(at, end);
    at = end + (runs[i + 1] ?? 0);
  }
}

function isCovered(runs: MaskRuns, index: number, drawn: Uint8Array | Uint16Array): boolean {
  let isWhole = true;
  eachSpan(runs, (start, end) => {
    for (let at = start; isWhole && at < end; at++) isWhole = drawn[at] === index;
  });
  return !isWhole;
}
