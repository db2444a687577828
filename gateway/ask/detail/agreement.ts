import { type Box, combineMasks, decodeRle, type Mask, rleArea } from "../../../proto/index.js";
import type { PictureSize, Region } from "../region.js";

/** The least IoU with the first mask at which a finer one is taken to be of the same object. */
const leastIou = 0.5;
/** The least IoU of its box with the prompt's, which says what is meant better than a first mask of few pixels. */
const leastBoxIou = 0.7;
/*
 * By our scenes' objects in 12 megapixels (`bench -- detail`): of the masks that gained the least stability was 0.44, and the estimate at
 * most 0.15 below the first one's; of the three that were far worse it was 0.22, 0.30 and 0.46 below.
 */
/** The least stability of a finer mask: below it most of what it has is guessed, and its edge is frayed. */
const leastStability = 0.4;
/** How much lower than of the first mask the model's own estimate of its IoU may be. */
const mostDoubt = 0.18;
/** How near an edge of its part a mask has grown into it, as a share of the part's side. */
const edgeShare = 0.01;

/**
 * Whether a finer mask counts (Z4): it is of the same object, the part holds all of it, and the model is about as sure of it as of the first.
 * @param asked the prompt's box, where it has one.
 */
export function agrees(first: Mask, finer: Mask, part: Region, picture: PictureSize, asked?: Box): boolean {
  const isSure = finer.stabilityScore >= leastStability && finer.predictedIou >= first.predictedIou - mostDoubt;
  if (!isSure || isCutOff(finer, part, picture)) return false;
  return iouOf(first, finer) >= leastIou || (asked !== undefined && boxIou(finer, asked) >= leastBoxIou);
}

/** IoU of two masks of one picture. */
export function iouOf({ rle: a }: Pick<Mask, "rle">, { rle: b }: Pick<Mask, "rle">): number {
  if (!a || !b) return 0;
  const [one, other] = [decodeRle(a), decodeRle(b)];
  const intersection = rleArea(combineMasks(one, other, "intersection"));
  const union = rleArea(one) + rleArea(other) - intersection;
  return union === 0 ? 0 : intersection / union;
}

function boxIou({ bbox }: Pick<Mask, "bbox">, { x0 = 0, y0 = 0, x1 = 0, y1 = 0 }: Box): number {
  if (!bbox) return 0;
  const across = Math.min(bbox.x + bbox.width, x1) - Math.max(bbox.x, x0);
  const down = Math.min(bbox.y + bbox.height, y1) - Math.max(bbox.y, y0);
  const intersection = Math.max(0, across) * Math.max(0, down);
  return intersection / (bbox.width * bbox.height + (x1 - x0) * (y1 - y0) - intersection);
}

/** It reaches an edge of its part that is not the picture's: what lies beyond, nobody has seen. */
function isCutOff({ bbox }: Pick<Mask, "bbox">, part: Region, picture: PictureSize): boolean {
  if (!bbox) return true;
  const [across, down] = [edgeShare * part.width, edgeShare * part.height];
  return (
    (part.x > 0 && bbox.x - part.x < across) ||
    (part.y > 0 && bbox.y - part.y < down) ||
    (part.x + part.width < picture.width && part.x + part.width - bbox.x - bbox.width < across) ||
    (part.y + part.height < picture.height && part.y + part.height - bbox.y - bbox.height < down)
  );
}
