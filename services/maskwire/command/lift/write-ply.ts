import type { ColmapModel } from "./model/colmap-model.js";

/** Points as a binary PLY, little endian: place, colour, and `object`, the object's number or 0. */
export function plyOf({ places, colours }: Pick<ColmapModel, "places" | "colours">, objects: Uint16Array): Buffer {
  const header = [
    "ply",
    "format binary_little_endian 1.0",
    "comment object: the number of the object that the point is of, 0 for none",
    `element vertex ${objects.length}`,
    ...["x", "y", "z"].map((name) => `property float ${name}`),
    ...["red", "green", "blue"].map((name) => `property uchar ${name}`),
    "property ushort object",
    "end_header\n",
  ].join("\n");
  const bytes = 3 * 4 + 3 + 2;
  const body = Buffer.alloc(bytes * objects.length);
  for (const [point, object] of objects.entries()) {
    const at = point * bytes;
    for (let axis = 0; axis < 3; axis++) {
      body.writeFloatLE(places[3 * point + axis]!, at + 4 * axis);
      body[at + 12 + axis] = colours[3 * point + axis]!;
    }
    body.writeUInt16LE(object, at + 15);
  }
  return Buffer.concat([Buffer.from(header, "latin1"), body]);
}
