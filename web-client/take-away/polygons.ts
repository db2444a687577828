import { polygonsOf } from "../../proto/index.js";
import type { Taken, TakenPicture } from "./taken.js";

/** The polygons of all objects, with what is needed to read them. */
export function polygonsJson({ name, width, height }: TakenPicture, objects: readonly Taken[]): string {
  const shapes = objects.map((object) => {
    const { outer, holes } = polygonsOf(object.runs);
    return { id: object.id, name: object.name, segmentation: outer, holes };
  });
  return JSON.stringify({ file_name: name, width, height, objects: shapes });
}
