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
  const [ours, theirs] = [oddOnes(Float64Array.from(all), end), oddOnes(Float64Array.from(wanted), end)];
  return ours.length === theirs.length && ours.every((change, at) => change === theirs[at]);
}

/** Where going down the columns enters or leaves the polygon, in order: indices of pixels, column-major. */
function changesOf(polygon: ArrayLike<number>, width: number, height: number): Float64Array {
  const changes: number[] = [];
  const at = (i: number) => Math.trunc(scale * polygon[i % polygon.length]! + 0.5);
  for (let i = 0; i < polygon.length; i += 2) {
    const [fromX, fromY, toX, toY] = [at(i), at(i + 1), at(i + 2), at(i + 3)];
    // Straight up or down no column's middle is crossed.
    if (fromX === toX) continue;
    if (fromY === toY) {
      crossLevel(Math.min(fromX, toX), Math.max(fromX, toX), fromY, width, height, changes);
    } else if (Math.abs(toX - fromX) >= Math.abs(toY - fromY)) {
      if (fromX < toX) crossFlat(fromX, fromY, toX, toY, width, height, changes);
      else crossFlat(toX, toY, fromX, fromY, width, height, changes);
    } else if (fromY < toY) crossSteep(fromX, fromY, toX, toY, width, height, changes);
    else crossSteep(toX, toY, fromX, fromY, width, height, changes);
  }
  return oddOnes(Float64Array.from(changes), width * height);
}

/** Between a point and the next one right of it, in fifths of a pixel; `y` is the upper one's. */
function cross(x: number, y: number, width: number, height: number, changes: number[]): void {
  const column = (x + 0.5) / scale - 0.5;
  if (!Number.isInteger(column) || column < 0 || column > width - 1) return;
  const row = (y + 0.5) / scale - 0.5;
  changes.push(column * height + Math.ceil(Math.min(height, Math.max(0, row))));
}

/** The first of the fifths between which a column's middle is. */
const middle = Math.floor(scale / 2);

function crossLevel(from: number, to: number, y: number, width: number, height: number, changes: number[]): void {
  const first = Math.max(0, Math.ceil((from - middle) / scale));
  for (let x = scale * first + middle; x < to && x < scale * width; x += scale) cross(x, y, width, height, changes);
}

/** A way whose points are those of its fifths across, from left to right. */
function crossFlat(
  fromX: number,
  fromY: number,
  toX: number,
  toY: number,
  width: number,
  height: number,
  changes: number[],
): void {
  const slope = (toY - fromY) / (toX - fromX);
  const first = Math.max(0, Math.ceil((fromX - middle) / scale));
  for (let x = scale * first + middle; x < toX && x < scale * width; x += scale) {
    const y = Math.trunc(fromY + slope * (x - fromX) + 0.5);
    const next = Math.trunc(fromY + slope * (x + 1 - fromX) + 0.5);
    cross(x, Math.min(y, next), width, height, changes);
  }
}

/** A way whose points are those of its fifths down, from above. */
function crossSteep(
  fromX: number,
  fromY: number,
  toX: number,
  toY: number,
  width: number,
  height: number,
  changes: number[],
): void {
  const slope = (toX - fromX) / (toY - fromY);
  let before = fromX;
  for (let y = fromY + 1; y <= toY; y++) {
    const x = Math.trunc(fromX + slope * (y - fromY) + 0.5);
    if (x !== before) cross(Math.min(x, before), y - 1, width, height, changes);
    before = x;
  }
}

/** In order, without those that undo each other or come when all is over. */
function oddOnes(changes: Float64Array, end: number): Float64Array {
  changes.sort();
  let length = 0;
  for (const change of changes) {
    if (length > 0 && changes[length - 1] === change) length--;
    else changes[length++] = change;
  }
  while (length > 0 && changes[length - 1]! >= end) length--;
  return changes.subarray(0, length);
}
