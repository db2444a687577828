import type { BoundingBox } from "../../proto/index.js";

/** A part of the upright picture in whole pixels. */
export type Region = Pick<BoundingBox, "x" | "y" | "width" | "height">;

export interface PictureSize {
  width: number;
  height: number;
}
