import type { MaskBox } from "../../../proto/rle.js";
import type { PictureSize } from "../../sam/prompts/check-prompt.js";
import type { Region } from "../../sam/region.js";

/** How near an edge counts as cut off, in pixels: `is_box_near_crop_edge` of segment_anything/utils/amg.py. */
const edgeTolerance = 20;

/**
 * Whether a mask found in a part of the picture is probably cut off by that part's edge: its box ends near an edge of the
 * part that is not the picture's.
 * @param box in pixels of the part.
 */
export function isCutOff(box: MaskBox, crop: Region, { width, height }: PictureSize): boolean {
  const near = (at: number, edge: number) => Math.abs(at - edge) <= edgeTolerance;
  const cut = (at: number, cropEdge: number, pictureEdge: number) => near(at, cropEdge) && !near(at, pictureEdge);
  // Meta's boxes end at the last pixel inside, the parts one after their last.
  return (
    cut(crop.x + box.x, crop.x, 0) ||
    cut(crop.y + box.y, crop.y, 0) ||
    cut(crop.x + box.x + box.width - 1, crop.x + crop.width, width) ||
    cut(crop.y + box.y + box.height - 1, crop.y + crop.height, height)
  );
}
