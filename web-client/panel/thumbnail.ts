import type { Mask } from "../../proto/index.js";
import { density } from "../canvas/density.js";
import { maskPath } from "../canvas/mask-path.js";

/** Side of a thumbnail in CSS pixels. */
const sidePx = 72;
/** How much of its surroundings an object keeps on each side, as a share of its own size. */
const margin = 0.2;

/** A square in pixels of the picture. */
interface Crop {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

/** One crop for all candidates, so that what differs is the mask and not the view. */
export function cropAround(masks: readonly Mask[]): Crop {
  let [left, top, right, bottom] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0];
  for (const { bbox } of masks) {
    if (bbox === undefined || bbox.width === 0) continue;
    left = Math.min(left, bbox.x);
    top = Math.min(top, bbox.y);
    right = Math.max(right, bbox.x + bbox.width);
    bottom = Math.max(bottom, bbox.y + bbox.height);
  }
  if (right === 0) return { left: 0, top: 0, side: 1 };
  const [height = bottom, width = right] = masks[0]?.rle?.size ?? [];
  const side = Math.min(Math.max(right - left, bottom - top) * (1 + 2 * margin), Math.max(width, height));
  return {
    left: inside((left + right - side) / 2, width - side),
    top: inside((top + bottom - side) / 2, height - side),
    side,
  };
}

/** Not beyond the picture's edges; in the middle where the picture is narrower than the crop. */
function inside(start: number, most: number): number {
  return most < 0 ? most / 2 : Math.min(most, Math.max(0, start));
}

/** The mask over its part of the picture. */
export function thumbnail(
  mask: Mask,
  crop: Crop,
  bitmap: ImageBitmap | undefined,
  colour = "rgb(56 132 255)",
): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  const side = Math.round(sidePx * density());
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext("2d");
  if (context === null) return canvas;
  const scale = side / crop.side;
  if (bitmap !== undefined) {
    context.drawImage(bitmap, -crop.left * scale, -crop.top * scale, bitmap.width * scale, bitmap.height * scale);
  }
  const path = maskPath(mask, { scale, left: crop.left * scale, top: crop.top * scale });
  const outside = new Path2D();
  outside.rect(0, 0, side, side);
  outside.addPath(path);
  context.fillStyle = "rgb(8 12 24 / 0.5)";
  context.fill(outside, "evenodd");
  context.fillStyle = colour;
  context.globalAlpha = 0.4;
  context.fill(path, "evenodd");
  context.globalAlpha = 1;
  context.lineWidth = side / sidePx;
  context.strokeStyle = "white";
  context.stroke(path);
  return canvas;
}
