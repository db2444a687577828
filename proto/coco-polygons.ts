import { checkMaskSize, eachColumnSpan, type MaskRuns, RunsBuilder } from "./rle.js";

/** Boundary points a pixel, along each axis. */
const scale = 5;

/** Of one call: what a hostile file may ask for in all. A ring around the largest picture has 2^18. */
const mostSteps = 2 ** 26;

/**
 * The mask that COCO's readers make of polygons, x, y, x, y, ... each. They have a rule of their own (`rleFrPoly` of cocoapi,
 * common/maskApi.c): the boundary is walked in fifths of a pixel, and a column begins and ends where it crosses the column's
 * middle. Polygons are joined.
 * @throws RangeError with one plain sentence when the size is absurd or a polygon is none, or too long to walk.
 */
export function polygonsToRle(polygons: readonly ArrayLike<number>[], width: number, height: number): MaskRuns {
  checkMaskSize(height, width);
  checkPolygons(polygons);
  const end = width * height;
  /** Twice the index of a pixel, and one more where a span ends: so that the next one is joined to it. */
  const edges: number[] = [];
  for (const polygon of polygons) {
    const changes = changesOf(polygon, width, height);
    for (let i = 0; i < changes.length; i += 2) edges.push(2 * changes[i]!, 2 * (changes[i + 1] ?? end) + 1);
  }
  const builder = new RunsBuilder(edges.length + 2);
  let depth = 0;
  let start = 0;
  for (const edge of Float64Array.from(edges).sort()) {
    const at = Math.floor(edge / 2);
    if (edge % 2 === 0) {
      if (depth++ === 0) start = at;
    } else if (--depth === 0) builder.add(start, at);
  }
  return { height, width, runs: builder.finish(end) };
}

function checkPolygons(polygons: readonly ArrayLike<number>[]): void {
  let steps = 0;
  for (const polygon of polygons) {
    const { length } = polygon;
    if (length < 6 || length % 2 !== 0) {
      throw new RangeError(`A polygon needs an even number of at least 6 numbers; this one has ${length}.`);
    }
    for (let i = 0; i < length; i++) {
      const number = polygon[i];
      if (typeof number !== "number" || !Number.isFinite(number)) {
        throw new RangeError("A polygon holds something that is no number.");
      }
      steps += scale * Math.abs(number - polygon[(i + 2) % length]!);
    }
    if (steps > mostSteps)
      throw new RangeError("The polygons reach much too far beyond the picture, or have too many points.");
  }
}

/** Whether COCO's readers make exactly this mask of the polygons, as {@link polygonsToRle} does. */
export function isExactly(polygons: readonly ArrayLike<number>[], mask: MaskRuns): boolean {
  const { width, height } = mask;
  const end = width * height;
  const all: number[] = [];
  let area = 0;
  for (const polygon of polygons) {
    const changes = changesOf(polygon, width, height);
    for (let i = 0; i < changes.length; i += 2) area += (changes[i + 1] ?? end) - changes[i]!;
    for (const change of changes) all.push(change);
  }
  const wanted: number[] = [];
  let wantedArea = 0;
  eachColumnSpan(mask, (x, top, bottom) => {
    wanted.push(x * height + top, x * height + bottom);
    wantedArea += bottom - top;
  });
  // With the same area in sum none of the polygons overlap, and what lies in one of them lies in one of them only.
  if (area !== wantedArea) return false;
  const [ours, theirs] = [oddOnes(all, end), oddOnes(wanted, end)];
  return ours.length === theirs.length && ours.every((change, at) => change === theirs[at]);
}

/** Where going down the columns enters or leaves the polygon, in order: indices of pixels, column-major. */
function changesOf(polygon: ArrayLike<number>, width: number, height: number): number[] {
  const changes: number[] = [];
  let [beforeX, beforeY] = [Number.NaN, Number.NaN];
  eachBoundaryPoint(polygon, (x, y) => {
    const crossed = x < beforeX ? x : x - 1;
    const column = (crossed + 0.5) / scale - 0.5;
    const crosses = !Number.isNaN(beforeX) && x !== beforeX && Number.isInteger(column);
    if (crosses && column >= 0 && column <= width - 1) {
      const row = (Math.min(y, beforeY) + 0.5) / scale - 0.5;
      changes.push(column * height + Math.ceil(Math.min(height, Math.max(0, row))));
    }
    [beforeX, beforeY] = [x, y];
  });
  return oddOnes(changes, width * height);
}

/** In fifths of a pixel. */
function eachBoundaryPoint(polygon: ArrayLike<number>, point: (x: number, y: number) => void): void {
  const at = (i: number) => Math.trunc(scale * polygon[i % polygon.length]! + 0.5);
  for (let i = 0; i < polygon.length; i += 2) {
    let [fromX, fromY, toX, toY] = [at(i), at(i + 1), at(i + 2), at(i + 3)];
    const [across, down] = [Math.abs(toX - fromX), Math.abs(toY - fromY)];
    const isFlat = across >= down;
    const isBackwards = isFlat ? fromX > toX : fromY > toY;
    if (isBackwards) [fromX, fromY, toX, toY] = [toX, toY, fromX, fromY];
    const steps = isFlat ? across : down;
    // Of a point that stands there twice there is no slope.
    const slope = steps === 0 ? 0 : isFlat ? (toY - fromY) / across : (toX - fromX) / down;
    for (let step = 0; step <= steps; step++) {
      const t = isBackwards ? steps - step : step;
      if (isFlat) point(t + fromX, Math.trunc(fromY + slope * t + 0.5));
      else point(Math.trunc(fromX + slope * t + 0.5), t + fromY);
    }
  }
}

/** In order, without those that undo each other or come when all is over. */
function oddOnes(changes: number[], end: number): number[] {
  changes.sort((a, b) => a - b);
  const odd: number[] = [];
  for (const change of changes) {
    if (odd.at(-1) === change) odd.pop();
    else odd.push(change);
  }
  return odd.filter((change) => change < end);
}
