import { type Mask, polygonsOf } from "../../../proto/index.js";
import { type Corner, cornersOf, ringLength } from "../shared/geometry.js";
import { runsOf } from "../shared/mask-part.js";

type Format = "polygon" | "rle";

/** A mask with its confidence. Polygons are outer rings along the pixels' edges; an empty mask has one that is empty. */
export function predictionOf(mask: Mask, format: Format, confidence = mask.predictedIou): object {
  const masks = format === "rle" ? rleOf(mask) : polygonsOfMask(mask);
  return { masks, confidence: Math.min(1, Math.max(0, confidence)), format };
}

/** The longest of its outer rings. */
export function longestRing(mask: Mask): Corner[] {
  const rings = polygonsOfMask(mask);
  return [...rings].sort((a, b) => ringLength(b) - ringLength(a))[0] ?? [];
}

function polygonsOfMask(mask: Mask): Corner[][] {
  const rings = polygonsOf(runsOf(mask)).outer.map(cornersOf);
  return rings.length === 0 ? [[]] : rings;
}

const rleOf = ({ rle }: Mask) => ({ size: rle?.size ?? [], counts: rle?.counts ?? "" });
