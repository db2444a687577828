import { type Detection, overlap } from "./detection.js";

/**
 * Non-maximum suppression by label.
 * @param most boxes that are kept, of all labels. @param sameIou of two boxes that overlap by more than this the better one is
 * kept. @returns the best first.
 */
export function suppress(found: readonly Detection[], most: number, sameIou = 0.5): Detection[] {
  const kept: Detection[] = [];
  for (const one of found.toSorted((a, b) => b.score - a.score)) {
    if (kept.length >= most) break;
    if (!kept.some((other) => other.label === one.label && overlap(one, other) > sameIou)) kept.push(one);
  }
  return kept;
}
