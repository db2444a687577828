import { type MaskRuns, RunsBuilder } from "../../proto/index.js";
import type { Size, Spot, TrailSpot } from "./spot.js";

/*
 * The pixels under a stroke or inside a lasso, as runs and never as a bitmap: the cost follows the length of the stroke
 * and not the picture's megapixels. A pixel is covered when its middle is.
 */

/** Where the outcome of a column begins and ends, in no order; they may overlap. */
type Spans = number[];

/** @param trail in pixels of the picture. */
export function coverStroke(trail: readonly TrailSpot[], size: Size): MaskRuns {
  const columns = new Map<number, Spans>();
  trail.forEach((spot, at) => {
    coverDisc(columns, spot, size);
    const before = trail[at - 1];
    if (before !== undefined) coverBetween(columns, before, spot, size);
  });
  return runsOf(columns, size);
}

/** @param corners in pixels of the picture; what the way goes round, however often, is inside. */
export function coverPolygon(corners: readonly Spot[], size: Size): MaskRuns {
  const columns = new Map<number, Spans>();
  coverInside(columns, corners, size);
  return runsOf(columns, size);
}

function coverDisc(columns: Map<number, Spans>, { x, y, radius }: TrailSpot, size: Size): void {
  eachColumn(x - radius, x + radius, size, (column, middle) => {
    const half = Math.sqrt(Math.max(0, radius ** 2 - (middle - x) ** 2));
    put(columns, column, y - half, y + half);
  });
}

/** The band that two discs next to each other span. */
function coverBetween(columns: Map<number, Spans>, a: TrailSpot, b: TrailSpot, size: Size): void {
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  if (length === 0) return;
  const across = { x: -(b.y - a.y) / length, y: (b.x - a.x) / length };
  const beside = (spot: TrailSpot, side: 1 | -1): Spot => ({
    x: spot.x + side * across.x * spot.radius,
    y: spot.y + side * across.y * spot.radius,
  });
  coverInside(columns, [beside(a, 1), beside(b, 1), beside(b, -1), beside(a, -1)], size);
}

/** By the rule of non-zero winding: a lasso whose end crosses its beginning has no hole there. */
function coverInside(columns: Map<number, Spans>, corners: readonly Spot[], size: Size): void {
  const crossings = new Map<number, { y: number; turn: 1 | -1 }[]>();
  corners.forEach((to, at) => {
    const from = corners.at(at - 1)!;
    const [left, right] = from.x < to.x ? [from, to] : [to, from];
    eachColumn(left.x, right.x, size, (column, middle) => {
      // Half open, so that a corner on a column's middle counts once.
      if (middle >= right.x || middle < left.x) return;
      const y = left.y + ((middle - left.x) / (right.x - left.x)) * (right.y - left.y);
      const crossing = { y, turn: from.x < to.x ? 1 : -1 } as const;
      const known = crossings.get(column);
      if (known === undefined) crossings.set(column, [crossing]);
      else known.push(crossing);
    });
  });
  for (const [column, list] of crossings) {
    list.sort((a, b) => a.y - b.y);
    let winding = 0;
    let top = 0;
    for (const { y, turn } of list) {
      if (winding === 0) top = y;
      winding += turn;
      if (winding === 0) put(columns, column, top, y);
    }
  }
}

function eachColumn(left: number, right: number, { width }: Size, column: (x: number, middle: number) => void): void {
  const first = Math.max(0, Math.ceil(left - 0.5));
  const last = Math.min(width - 1, Math.floor(right - 0.5));
  for (let x = first; x <= last; x++) column(x, x + 0.5);
}

function put(columns: Map<number, Spans>, column: number, top: number, bottom: number): void {
  const spans = columns.get(column);
  if (spans === undefined) columns.set(column, [top, bottom]);
  else spans.push(top, bottom);
}

function runsOf(columns: Map<number, Spans>, { width, height }: Size): MaskRuns {
  const builder = new RunsBuilder();
  for (const x of [...columns.keys()].sort((a, b) => a - b)) {
    let begun: { top: number; bottom: number } | undefined;
    for (const { top, bottom } of pixelsOf(columns.get(x) ?? [], height)) {
      if (begun !== undefined && top <= begun.bottom) {
        begun.bottom = Math.max(begun.bottom, bottom);
        continue;
      }
      if (begun !== undefined) builder.add(x * height + begun.top, x * height + begun.bottom);
      begun = { top, bottom };
    }
    if (begun !== undefined) builder.add(x * height + begun.top, x * height + begun.bottom);
  }
  return { width, height, runs: builder.finish(width * height) };
}

/** The pixels whose middles lie in each span, its end not included; the topmost first. */
function pixelsOf(spans: Spans, height: number): { top: number; bottom: number }[] {
  const pixels: { top: number; bottom: number }[] = [];
  for (let i = 0; i < spans.length; i += 2) {
    const top = Math.max(0, Math.ceil(spans[i]! - 0.5));
    const bottom = Math.min(height, Math.ceil(spans[i + 1]! - 0.5));
    if (bottom > top) pixels.push({ top, bottom });
  }
  return pixels.sort((a, b) => a.top - b.top);
}
