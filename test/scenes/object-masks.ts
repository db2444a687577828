import { encodeRle, rleArea, rleBoundingBox } from "../../proto/rle.js";
import { bitmapToRle } from "../../proto/rle-bitmap.js";
import { deepestPoint, type Pixel } from "./deepest-point.js";
import type { ObjectIds } from "./object-ids.js";

/** The truth about one object of a scene, in pixels of its picture. */
export interface ObjectMask {
  readonly name: string;
  readonly area: number;
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** A pixel deep inside the object; its centre is at +0.5. */
  readonly click: Pixel;
  /** COCO compressed RLE. */
  readonly rle: { readonly size: readonly number[]; readonly counts: string };
}

export interface SceneMasks {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly objects: readonly ObjectMask[];
}

/** The mask of every object that shows. */
export function objectMasks({ width, height, names, ids }: ObjectIds): ObjectMask[] {
  return names.flatMap((name, index) => {
    const bitmap = ids.map((id) => (id === index + 1 ? 1 : 0));
    const click = deepestPoint(bitmap, width, height);
    if (click === undefined) return [];
    const mask = bitmapToRle(bitmap, width, height);
    const { x, y, width: w, height: h } = rleBoundingBox(mask);
    const { size, counts } = encodeRle(mask);
    return { name, area: rleArea(mask), box: { x, y, width: w, height: h }, click, rle: { size, counts } };
  });
}
