import { convexHull, type Spot } from "./convex-hull.js";

/** A rectangle that may be turned. */
export interface TurnedBox {
  readonly x: number;
  readonly y: number;
  /** Along the direction, and across it. */
  readonly width: number;
  readonly height: number;
  /** Of unit length, to the right: from -45 to 45 degrees. */
  readonly direction: Spot;
}

/** The smallest rectangle around points: one of its sides lies on a side of their hull (Freeman and Shapira 1975). */
export function smallestBox(points: readonly Spot[]): TurnedBox {
  const hull = convexHull(points);
  const sides = hull.map((from, at) => directionOf(from, hull[(at + 1) % hull.length] as Spot));
  const boxes = [{ x: 1, y: 0 }, ...sides].map((direction) => boxAlong(direction, hull));
  return boxes.reduce((best, one) => (one.width * one.height < best.width * best.height ? one : best));
}

/** By `by` on every side. */
export const grown = (box: TurnedBox, by: number): TurnedBox => ({
  ...box,
  width: box.width + 2 * by,
  height: box.height + 2 * by,
});

export function cornersOf({ x, y, width, height, direction }: TurnedBox): Spot[] {
  const [along, across] = [width / 2, height / 2];
  return [
    [-along, -across],
    [along, -across],
    [along, across],
    [-along, across],
  ].map(([u = 0, v = 0]) => ({ x: x + u * direction.x - v * direction.y, y: y + u * direction.y + v * direction.x }));
}

/** Of a side, or of what stands on it: whichever points to the right. */
function directionOf(from: Spot, to: Spot): Spot {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (length === 0) return { x: 1, y: 0 };
  let [x, y] = [(to.x - from.x) / length, (to.y - from.y) / length];
  if (Math.abs(y) > Math.abs(x)) [x, y] = [-y, x];
  return x < 0 ? { x: -x, y: -y } : { x, y };
}

function boxAlong(direction: Spot, points: readonly Spot[]): TurnedBox {
  let [left, right, top, bottom] = [
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  for (const { x, y } of points) {
    const along = x * direction.x + y * direction.y;
    const across = y * direction.x - x * direction.y;
    left = Math.min(left, along);
    right = Math.max(right, along);
    top = Math.min(top, across);
    bottom = Math.max(bottom, across);
  }
  const [along, across] = [(left + right) / 2, (top + bottom) / 2];
  return {
    x: along * direction.x - across * direction.y,
    y: along * direction.y + across * direction.x,
    width: right - left,
    height: bottom - top,
    direction,
  };
}
