/** Pixels of a picture. */
export type Corner = readonly [x: number, y: number];

export interface Corners {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** The smallest box around points. */
export function boxAround(points: readonly Corner[]): Corners {
  const box = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
  // One by one: a call does not take as many arguments as a ring may have corners.
  for (const [x, y] of points) {
    box.x0 = Math.min(box.x0, x);
    box.y0 = Math.min(box.y0, y);
    box.x1 = Math.max(box.x1, x);
    box.y1 = Math.max(box.y1, y);
  }
  return box;
}

/** A ring of numbers as its corners. */
export function cornersOf(ring: readonly number[]): Corner[] {
  return Array.from({ length: ring.length / 2 }, (_, i) => [ring[2 * i]!, ring[2 * i + 1]!] as const);
}

/** The pixels within a ring. */
export function ringArea(ring: readonly Corner[]): number {
  let twice = 0;
  for (const [at, [x, y]] of ring.entries()) {
    const [nextX, nextY] = ring[(at + 1) % ring.length]!;
    twice += x * nextY - nextX * y;
  }
  return Math.abs(twice) / 2;
}

/** Pixels once around it. */
export function ringLength(ring: readonly Corner[]): number {
  return ring.reduce((sum, corner, at) => sum + away(corner, ring[(at + 1) % ring.length]!), 0);
}

/** Looks at each corner before a ring is cut in the middle; the rings of real objects need less than half as many. */
const mostLooks = 64;

/**
 * A closed ring with fewer corners, of which none that is left out lies farther than `tolerance` pixels from it (Douglas and Peucker, 1973).
 * Where that cuts off corner by corner, as from a comb, parts are cut in their middle instead: more corners stay, and time grows with n log n.
 * @returns the ring itself where no more than a line would be left.
 */
export function simplify(ring: readonly Corner[], tolerance: number): readonly Corner[] {
  if (ring.length < 4) return ring;
  // A ring has no ends: it is cut where it is farthest from its beginning.
  let far = 0;
  for (let i = 1; i < ring.length; i++) if (away(ring[i]!, ring[0]!) > away(ring[far]!, ring[0]!)) far = i;
  const keep = new Uint8Array(ring.length + 1);
  keep[0] = 1;
  keep[far] = 1;
  const parts: [number, number][] = [
    [0, far],
    [far, ring.length],
  ];
  const at = (i: number) => ring[i % ring.length]!;
  let looks = mostLooks * ring.length;
  for (let part = parts.pop(); part; part = parts.pop()) {
    const [from, to] = part;
    const [start, end] = [at(from), at(to)];
    looks -= to - from;
    let farthest = -1;
    let most = tolerance * tolerance;
    for (let i = from + 1; i < to; i++) {
      const distance = squaredFromSide(ring[i]!, start, end);
      if (distance > most) {
        farthest = i;
        most = distance;
      }
    }
    if (farthest < 0) continue;
    const cut = looks > 0 ? farthest : (from + to) >> 1;
    keep[cut] = 1;
    parts.push([from, cut], [cut, to]);
  }
  const kept = ring.filter((_, i) => keep[i] === 1);
  return kept.length < 3 ? ring : kept;
}

const away = ([ax, ay]: Corner, [bx, by]: Corner) => Math.sqrt((ax - bx) ** 2 + (ay - by) ** 2);

/** The square of a point's distance from a side: a root for each of thousands would take most of the time. */
function squaredFromSide([x, y]: Corner, [ax, ay]: Corner, [bx, by]: Corner): number {
  const dx = bx - ax;
  const dy = by - ay;
  const length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length));
  const awayX = x - ax - share * dx;
  const awayY = y - ay - share * dy;
  return awayX * awayX + awayY * awayY;
}
