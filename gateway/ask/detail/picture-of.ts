import type { Mask } from "../../../proto/index.js";
import type { PictureSize } from "../region.js";

/** The size of the picture that a mask is of; undefined for what is no mask of a decoder's. */
export function pictureOf({ rle }: Pick<Mask, "rle">): PictureSize | undefined {
  const [height, width] = rle?.size ?? [];
  return width && height ? { width, height } : undefined;
}
