import { eachColumnSpan, type MaskRuns, RunsBuilder } from "../../../proto/rle.js";

/** A run of one value within one column: rows `top <= y < bottom`. */
interface Span {
  x: number;
  top: number;
  bottom: number;
}

/**
 * Fills holes and removes islands of fewer pixels than `minArea`, pixels touching at a corner counted as connected
 * (`remove_small_regions` of segment_anything/utils/amg.py: holes first, then islands; when all islands are small the
 * largest stays). Works on the runs: its cost follows the mask's outline.
 * @returns the mask itself when nothing was small.
 */
export function removeSmallRegions(mask: MaskRuns, minArea: number): MaskRuns {
  const withoutHoles = fill(mask, background(mask), minArea);
  return dropIslands(withoutHoles, minArea);
}

function fill(mask: MaskRuns, holes: Span[], minArea: number): MaskRuns {
  const small = regions(holes).filter(({ area }) => area < minArea);
  if (small.length === 0) return mask;
  return draw(mask, [...foreground(mask), ...small.flatMap(({ spans }) => spans)]);
}

function dropIslands(mask: MaskRuns, minArea: number): MaskRuns {
  const islands = regions(foreground(mask));
  const kept = islands.filter(({ area }) => area >= minArea);
  if (kept.length === islands.length) return mask;
  if (kept.length === 0) kept.push(islands.reduce((best, island) => (island.area > best.area ? island : best)));
  return draw(
    mask,
    kept.flatMap(({ spans }) => spans),
  );
}

function foreground(mask: MaskRuns): Span[] {
  const spans: Span[] = [];
  eachColumnSpan(mask, (x, top, bottom) => spans.push({ x, top, bottom }));
  return spans;
}

function background({ width, height, runs }: MaskRuns): Span[] {
  // An empty run before the first makes background of foreground.
  const inverted = new Uint32Array(runs.length + 1);
  inverted.set(runs, 1);
  return foreground({ width, height, runs: inverted });
}

interface Region {
  spans: Span[];
  /** Pixels. */
  area: number;
}

/** Spans that touch, side by side or at a corner, as connected regions. @param spans column by column, top to bottom. */
function regions(spans: Span[]): Region[] {
  const parent = spans.map((_, index) => index);
  const root = (index: number): number => {
    let at = index;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at] as number] as number;
      at = parent[at] as number;
    }
    return at;
  };
  let left = 0;
  for (const [index, span] of spans.entries()) {
    // Spans of the column before that end above this one can touch nothing further down either.
    while (left < index && isBefore(spans[left] as Span, span)) left++;
    for (let other = left; other < index; other++) {
      const neighbour = spans[other] as Span;
      if (neighbour.x !== span.x - 1 || neighbour.top > span.bottom) break;
      if (neighbour.bottom >= span.top) parent[root(index)] = root(other);
    }
  }
  const found = new Map<number, Region>();
  for (const [index, span] of spans.entries()) {
    const region = found.get(root(index)) ?? { spans: [], area: 0 };
    region.spans.push(span);
    region.area += span.bottom - span.top;
    found.set(root(index), region);
  }
  return [...found.values()];
}

const isBefore = (a: Span, b: Span) => a.x < b.x - 1 || (a.x === b.x - 1 && a.bottom < b.top);

function draw({ width, height }: MaskRuns, spans: Span[]): MaskRuns {
  spans.sort((a, b) => a.x - b.x || a.top - b.top);
  const builder = new RunsBuilder(2 * spans.length + 1);
  for (const { x, top, bottom } of spans) builder.add(x * height + top, x * height + bottom);
  return { width, height, runs: builder.finish(width * height) };
}
