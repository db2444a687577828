import type { Outline } from "../canvas/contour.js";
import { ringsOf, simplifyRing } from "./outline-rings.js";
import type { Taken, TakenPicture } from "./taken.js";

/** How far a polygon may be from the outline that it stands for, in pixels of the picture. */
export const polygonTolerancePx = 1;

/** COCO's polygons, [x, y, x, y, ...] each, in pixels of the picture; holes by themselves, as COCO has none. */
export interface Polygons {
  readonly outer: number[][];
  readonly holes: number[][];
}

export function polygonsOf({ runs }: Pick<Taken, "runs">, tolerancePx = polygonTolerancePx): Polygons {
  const { outer, holes } = ringsOf(runs);
  const simplified = (rings: readonly Outline[]) =>
    rings.flatMap((ring) => {
      const simple = simplifyRing(ring, tolerancePx);
      return simple === undefined ? [] : [Array.from(simple)];
    });
  return { outer: simplified(outer), holes: simplified(holes) };
}

/** The polygons of all objects, with what is needed to read them. */
export function polygonsJson({ name, width, height }: TakenPicture, objects: readonly Taken[]): string {
  const shapes = objects.map((object) => {
    const { outer, holes } = polygonsOf(object);
    return { id: object.id, name: object.name, segmentation: outer, holes };
  });
  return JSON.stringify({ file_name: name, width, height, tolerance_px: polygonTolerancePx, objects: shapes });
}
