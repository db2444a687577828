import { type Detection, overlap } from "./detection.js";

/** Of two boxes of a label that overlap by more than this the better one is kept. */
const sameIou = 0.5;

/** Non-maximum suppression by label. @param most boxes that are kept, of all labels. @returns the best first. */
export function suppress(found: readonly Detection[], most: number): Detection[] {
  const kept: Detection[] = [];
  for (const one of found.toSorted((a, b) => b.score - a.score)) {
    if (kept.length >= most) break;
    if (!kept.some((other) => other.label === one.label && overlap(one, other) > sameIou)) kept.push(one);
  }
  return kept;
}
