import { type Annotation, decodeRle, type Mask } from "../../proto/index.js";
import type { Spot } from "../geometry/spot.js";

/** Where a keyboard goes from the mask it is on. */
export type FoundStep = "next" | "previous" | "first" | "last" | "left" | "right" | "up" | "down";

/** Small masks come first: they lie above large ones, and the pointer meets them first. */
export function addFound(found: readonly Annotation[], newcomer: Annotation): readonly Annotation[] {
  const area = areaOf(newcomer);
  const at = found.findIndex((other) => areaOf(other) > area);
  return at < 0 ? [...found, newcomer] : found.toSpliced(at, 0, newcomer);
}

/** The smallest mask that holds the pixel. */
export function foundAt(found: readonly Annotation[], spot: Spot): Annotation | undefined {
  return found.find(({ mask }) => mask !== undefined && holds(mask, spot));
}

/** From left to right and down, as the points of the grid lie. */
export function inReadingOrder(found: readonly Annotation[]): readonly Annotation[] {
  return found.toSorted((a, b) => {
    const [from, to] = [spotOf(a), spotOf(b)];
    return from.y - to.y || from.x - to.x || a.id - b.id;
  });
}

/** @returns undefined beyond the first and the last mask: there the keyboard leaves the picture. */
export function neighbour(
  found: readonly Annotation[],
  lit: number | undefined,
  to: FoundStep,
): Annotation | undefined {
  const ordered = inReadingOrder(found);
  const at = ordered.findIndex(({ id }) => id === lit);
  const here = ordered[at];
  switch (to) {
    case "first":
      return ordered[0];
    case "last":
      return ordered.at(-1);
    case "next":
      return ordered[at + 1];
    case "previous":
      return here === undefined ? ordered.at(-1) : ordered[at - 1];
    default:
      return here === undefined ? ordered[0] : (towards(ordered, here, to) ?? here);
  }
}

const directions = {
  left: { x: -1, y: 0 },
  right: { x: 1, y: 0 },
  up: { x: 0, y: -1 },
  down: { x: 0, y: 1 },
} as const;
/** What lies aside counts more than what lies ahead, so that an arrow goes where it points. */
const asideWeight = 2;

function towards(found: readonly Annotation[], here: Annotation, to: keyof typeof directions) {
  const from = spotOf(here);
  const { x, y } = directions[to];
  let best: Annotation | undefined;
  let bestWay = Number.POSITIVE_INFINITY;
  for (const other of found) {
    const [dx, dy] = [spotOf(other).x - from.x, spotOf(other).y - from.y];
    const ahead = dx * x + dy * y;
    const way = ahead + asideWeight * Math.abs(dx * y - dy * x);
    if (other === here || ahead <= 0 || way >= bestWay) continue;
    best = other;
    bestWay = way;
  }
  return best;
}

/** A mask's runs by where each ends, column-major; decoded once, since the pointer asks at every move. */
const endsOf = new WeakMap<Mask, Uint32Array>();

function holds(mask: Mask, { x, y }: Spot): boolean {
  const { bbox, rle } = mask;
  if (bbox === undefined || rle === undefined) return false;
  if (x < bbox.x || y < bbox.y || x >= bbox.x + bbox.width || y >= bbox.y + bbox.height) return false;
  const pixel = x * (rle.size[0] ?? 0) + y;
  const ends = endsOf.get(mask) ?? runEnds(mask);
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle]! > pixel) high = middle;
    else low = middle + 1;
  }
  // Runs alternate, background first.
  return low < ends.length && low % 2 === 1;
}

function runEnds(mask: Mask): Uint32Array {
  const runs = mask.rle === undefined ? new Uint32Array() : decodeRle(mask.rle).runs;
  let end = 0;
  const ends = runs.map((run) => {
    end += run;
    return end;
  });
  endsOf.set(mask, ends);
  return ends;
}

function spotOf({ point }: Annotation): Spot {
  return { x: point?.x ?? 0, y: point?.y ?? 0 };
}

function areaOf({ mask }: Annotation): number {
  return mask?.area ?? 0;
}
