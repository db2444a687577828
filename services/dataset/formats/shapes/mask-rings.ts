import { type MaskRuns, polygonsOf } from "../../../../proto/index.js";

/** A part of a mask: the ring around it, and those around its holes; x, y, x, y, ... along the pixels' edges. */
interface MaskPart {
  readonly outer: number[];
  readonly holes: number[][];
}

/** So many lines nobody draws, and whoever reads them looks at each pair of them. */
const mostRings = 1000;

/** The parts of a mask, each with the holes that are in it; undefined when it is in more pieces than are told apart. */
export function partsOf(mask: MaskRuns): MaskPart[] | undefined {
  const { outer, holes } = polygonsOf(mask);
  if (outer.length + holes.length > mostRings) return undefined;
  const parts = outer.map((ring) => ({ outer: ring, holes: [] as number[][], box: boxOf(ring) }));
  if (parts.length === 1) parts[0]?.holes.push(...holes);
  else {
    // The smallest part around a hole is the one that it is in.
    const bySize = parts.toSorted((a, b) => sizeOf(a.box) - sizeOf(b.box));
    for (const hole of holes) {
      const box = boxOf(hole);
      const around = bySize.find((part) => contains(part.box, box) && surrounds(part.outer, hole));
      around?.holes.push(hole);
    }
  }
  return parts.map(({ outer: ring, holes: own }) => ({ outer: ring, holes: own }));
}

type Box = readonly [left: number, top: number, right: number, bottom: number];

function boxOf(ring: readonly number[]): Box {
  let [left, top, right, bottom] = [ring[0]!, ring[1]!, ring[0]!, ring[1]!];
  for (let i = 2; i < ring.length; i += 2) {
    left = Math.min(left, ring[i]!);
    right = Math.max(right, ring[i]!);
    top = Math.min(top, ring[i + 1]!);
    bottom = Math.max(bottom, ring[i + 1]!);
  }
  return [left, top, right, bottom];
}

const sizeOf = ([left, top, right, bottom]: Box) => (right - left) * (bottom - top);

const contains = (a: Box, b: Box) => a[0] <= b[0] && a[1] <= b[1] && a[2] >= b[2] && a[3] >= b[3];

/** Whether the ring goes around the hole: the middle of the pixel beyond the hole's first edge is of the part. */
function surrounds(ring: readonly number[], hole: readonly number[]): boolean {
  const [x, y] = besideFirstEdge(hole);
  let isIn = false;
  for (let i = 0; i < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    const [fromX, fromY, toX, toY] = [ring[i]!, ring[i + 1]!, ring[j]!, ring[j + 1]!];
    if (fromY > y !== toY > y && x < fromX + ((y - fromY) / (toY - fromY)) * (toX - fromX)) isIn = !isIn;
  }
  return isIn;
}

/** The object lies to the right of the way. */
function besideFirstEdge(ring: readonly number[]): [x: number, y: number] {
  const [x = 0, y = 0, nextX = 0, nextY = 0] = ring;
  const [dx, dy] = [Math.sign(nextX - x), Math.sign(nextY - y)];
  return [x + dx / 2 - dy / 2, y + dy / 2 + dx / 2];
}
