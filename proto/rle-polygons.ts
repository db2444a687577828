import type { MaskRuns } from "./rle.js";
import { pixelRings } from "./rle-rings.js";

/** Closed lines along the pixels' edges, [x, y, x, y, ...] each in pixels of the picture: around the object, and around its holes. */
interface Polygons {
  readonly outer: readonly number[][];
  readonly holes: readonly number[][];
}

export function polygonsOf(mask: MaskRuns): Polygons {
  const rings = pixelRings(mask);
  return {
    // The object lies to the right of the way, so a hole is walked the other way round.
    outer: rings.filter((ring) => ringArea(ring) > 0),
    holes: rings.filter((ring) => ringArea(ring) < 0),
  };
}

/** The pixels within a ring, less than 0 when it is walked the other way round. */
function ringArea(ring: readonly number[]): number {
  let twice = 0;
  for (let i = 0; i < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    twice += ring[i]! * ring[j + 1]! - ring[j]! * ring[i + 1]!;
  }
  return twice / 2;
}
