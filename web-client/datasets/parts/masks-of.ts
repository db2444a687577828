import { create } from "@bufbuild/protobuf";
import { type DatasetObject, type Mask, MaskSchema, type Rle } from "../../../proto/index.js";

/** Of a mask's RLE, each once: outlines are kept by mask. */
const masks = new WeakMap<Rle, Mask>();

/** An object's mask, as the canvas paints masks. */
export function maskOf({ rle, bbox, area }: Pick<DatasetObject, "rle" | "bbox" | "area">): Mask | undefined {
  if (rle === undefined) return undefined;
  const known = masks.get(rle);
  if (known !== undefined) return known;
  const mask = create(MaskSchema, { rle, ...(bbox && { bbox }), area });
  masks.set(rle, mask);
  return mask;
}
