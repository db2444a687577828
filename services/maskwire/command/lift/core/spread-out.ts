import type { Pixel } from "../model/camera.js";

/**
 * A few of many places, far from each other: the one nearest to the middle of all, then always the one farthest from those that
 * are taken (Gonzalez 1985). Of many only some are looked at, evenly.
 */
export function spreadOut<T extends Pixel>(places: readonly T[], count: number): T[] {
  const step = Math.max(1, Math.ceil(places.length / mostLookedAt));
  const some = step === 1 ? places : places.filter((_, at) => at % step === 0);
  if (some.length === 0 || count <= 0) return [];
  const middle = { x: medianOf(some.map(({ x }) => x)), y: medianOf(some.map(({ y }) => y)) };
  const distances = some.map((one) => squareOf(one, middle));
  let next = distances.indexOf(Math.min(...distances));
  distances.fill(Number.POSITIVE_INFINITY);
  const taken: T[] = [];
  while (taken.length < Math.min(count, some.length)) {
    const one = some[next]!;
    taken.push(one);
    let farthest = -1;
    for (const [at, other] of some.entries()) {
      distances[at] = Math.min(distances[at]!, squareOf(one, other));
      if (farthest < 0 || distances[at]! > distances[farthest]!) farthest = at;
    }
    if (distances[farthest] === 0) break;
    next = farthest;
  }
  return taken;
}

const mostLookedAt = 4000;

const squareOf = (a: Pixel, b: Pixel) => (a.x - b.x) ** 2 + (a.y - b.y) ** 2;

function medianOf(values: number[]): number {
  const sorted = values.sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
