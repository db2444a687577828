export interface Spot {
  readonly x: number;
  readonly y: number;
}

/** The corners around points, one after the other (Andrew's monotone chain); a point or a line has one or two. */
export function convexHull(points: readonly Spot[]): Spot[] {
  const sorted = points.toSorted((a, b) => a.x - b.x || a.y - b.y);
  if (sorted.length < 3) return sorted;
  const [lower, upper] = [halfOf(sorted), halfOf(sorted.toReversed())];
  return [...lower.slice(0, -1), ...upper.slice(0, -1)];
}

function halfOf(points: readonly Spot[]): Spot[] {
  const half: Spot[] = [];
  for (const point of points) {
    while (half.length > 1 && turnOf(half.at(-2) as Spot, half.at(-1) as Spot, point) <= 0) half.pop();
    half.push(point);
  }
  return half;
}

/** Above 0 where the way from a over b to c turns left, x to the right and y up. */
const turnOf = (a: Spot, b: Spot, c: Spot) => (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
