import type { MaskRuns } from "../../proto/index.js";
import { pixelRings } from "./pixel-rings.js";
import type { Taken, TakenPicture } from "./taken.js";

/** Closed lines along the pixels' edges, [x, y, x, y, ...] each in pixels of the picture: around the object, and around its holes. */
interface Polygons {
  readonly outer: readonly number[][];
  readonly holes: readonly number[][];
}

export function polygonsOf(mask: MaskRuns): Polygons {
  const rings = pixelRings(mask);
  return {
    // The object lies to the right of the way, so a hole is walked the other way round.
    outer: rings.filter((ring) => signedArea(ring) > 0),
    holes: rings.filter((ring) => signedArea(ring) < 0),
  };
}

/** The polygons of all objects, with what is needed to read them. */
export function polygonsJson({ name, width, height }: TakenPicture, objects: readonly Taken[]): string {
  const shapes = objects.map((object) => {
    const { outer, holes } = polygonsOf(object.runs);
    return { id: object.id, name: object.name, segmentation: outer, holes };
  });
  return JSON.stringify({ file_name: name, width, height, objects: shapes });
}

function signedArea(ring: readonly number[]): number {
  let twice = 0;
  for (let i = 0; i < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    twice += ring[i]! * ring[j + 1]! - ring[j]! * ring[i + 1]!;
  }
  return twice / 2;
}
