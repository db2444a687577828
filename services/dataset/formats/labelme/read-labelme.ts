import { posix } from "node:path";
import { bitmapToRle, placeMask } from "../../../../proto/index.js";
import {
  attributesIn,
  type Fields,
  finiteNumber,
  isFields,
  listIn,
  parseFields,
  parseJson,
  textIn,
} from "../parse/fields.js";
import { jsonElements } from "../parse/json-elements.js";
import { problemOf, Repeated, Unreadable } from "../parse/unreadable.js";
import type { FoundPictures } from "../pictures/found-pictures.js";
import { type Size, type SizeOf, sizeOfPicture } from "../pictures/picture-size.js";
import { baseOf, folderOf, plainName } from "../pictures/plain-name.js";
import { nameIn } from "../pictures/split-of.js";
import { decodePng } from "../png/decode-png.js";
import { joined } from "../shapes/joined.js";
import { boxMask, ellipseMask, maskOf, polygonMask } from "../shapes/shapes.js";
import type { Found, FoundObject, Mask, Source } from "../types.js";

/** A picture's file of LabelMe. Shapes of one group and label are parts of one object. */
export async function* readLabelMe(
  source: Source,
  file: string,
  pictures: FoundPictures,
  sizeOf: SizeOf,
): AsyncGenerator<Found> {
  try {
    // The picture itself, which may be in the file, is passed over.
    const head = new Map<string, unknown>();
    const wanted = { values: ["imagePath", "imageWidth", "imageHeight", "flags"] };
    for await (const { key, text } of jsonElements(source.open(file), wanted)) head.set(key, parseJson(text, key));
    const [width, height] = [finiteNumber(head.get("imageWidth")), finiteNumber(head.get("imageHeight"))];
    const at = placeOf(textIn(Object.fromEntries(head), "imagePath", "file"), file);
    const [picture, isNew] = pictures.add({
      name: nameIn(at),
      by: file,
      at,
      ...(width !== undefined && height !== undefined && { width, height }),
      attributes: attributesIn(head.get("flags")),
    });
    if (isNew) yield picture;
    const size = await sizeOfPicture(source, picture, sizeOf);
    if (!size) throw new Unreadable("The file has no imageWidth and imageHeight, and its picture is not here.");
    yield* readShapes(source, file, picture.name, size);
  } catch (error) {
    yield problemOf(error, file);
  }
}

/** Paths are told from the file on, by Windows with backslashes; those of another machine's disk say no more than a name. */
function placeOf(imagePath: string, file: string): string {
  const path = imagePath.replaceAll("\\", "/");
  const relative = /^([a-z]:)?\//i.test(path) ? baseOf(path) : path;
  return plainName(posix.join(folderOf(file), relative));
}

async function* readShapes(source: Source, file: string, picture: string, size: Size): AsyncGenerator<Found> {
  const repeated = new Repeated();
  /** By group and label; those without a group each by itself. */
  const objects = new Map<string, { masks: Mask[]; object: Omit<FoundObject, "rle"> }>();
  for await (const { text, line, index } of jsonElements(source.open(file), { arrays: ["shapes"] })) {
    try {
      const shape = parseFields(text, "shape");
      const label = textIn(shape, "label", "shape");
      const mask = await maskIn(shape, size, (type) =>
        repeated.add(`Shapes of the type "${type}" have no pixels.`, line),
      );
      if (!mask) continue;
      const group = finiteNumber(shape.group_id);
      const key = group === undefined ? `${index}` : `${group} ${label}`;
      const known = objects.get(key);
      if (known) known.masks.push(mask);
      else objects.set(key, { masks: [mask], object: objectOf(shape, label, picture, file, index) });
    } catch (error) {
      yield problemOf(error, file, line);
    }
  }
  for (const { masks, object } of objects.values()) yield { ...object, rle: joined(masks) };
  yield* repeated.problems(file);
}

function objectOf(
  shape: Fields,
  label: string,
  picture: string,
  file: string,
  index: number,
): Omit<FoundObject, "rle"> {
  const { description } = shape;
  const attributes = attributesIn({ ...(isFields(shape.flags) && shape.flags), description });
  return { kind: "object", picture, label, attributes, file, sourceId: String(index) };
}

/** None of what has no area. */
async function maskIn(shape: Fields, { width, height }: Size, skip: (type: string) => void): Promise<Mask | undefined> {
  const type = typeof shape.shape_type === "string" ? shape.shape_type : "polygon";
  const points = pointsIn(listIn(shape, "points"));
  const [left = 0, top = 0, right = 0, bottom = 0] = points;
  switch (type) {
    case "polygon":
    case "oriented_rectangle":
    case "rotation":
      return polygonMask([points], width, height);
    case "rectangle": {
      if (points.length > 4) return polygonMask([points], width, height);
      const [x, y] = [Math.min(left, right), Math.min(top, bottom)];
      return boxMask(x, y, Math.abs(right - left), Math.abs(bottom - top), width, height);
    }
    case "circle": {
      const radius = Math.hypot(right - left, bottom - top);
      return ellipseMask([left, top, radius, radius], width, height);
    }
    case "mask": {
      // A cut-out may reach a little beyond the picture.
      const png = await decodePng(Buffer.from(textIn(shape, "mask", "shape"), "base64"), 2 * width * height);
      const isBytes = png.values instanceof Uint8Array;
      const bitmap = isBytes ? png.values : Uint8Array.from(png.values, (value) => (value === 0 ? 0 : 1));
      const part = bitmapToRle(bitmap, png.width, png.height);
      return maskOf(placeMask(part, Math.round(left), Math.round(top), width, height));
    }
    default:
      skip(type);
      return undefined;
  }
}

/** x, y, x, y, ... */
function pointsIn(points: readonly unknown[]): number[] {
  const numbers: number[] = [];
  for (const point of points) {
    const [x, y] = Array.isArray(point) ? [finiteNumber(point[0]), finiteNumber(point[1])] : [];
    if (x === undefined || y === undefined) throw new Unreadable("The shape has a point that is none.");
    numbers.push(x, y);
  }
  return numbers;
}
