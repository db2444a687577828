import type { MaskBox } from "../../../proto/index.js";

/**
 * IoU of two boxes as Meta's generator sees them: corners are the first and last pixel of a mask
 * (`batched_mask_to_box`), so that a box of one pixel has no area (torchvision's `nms`).
 */
export function boxIou(a: MaskBox, b: MaskBox): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x) - 1;
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y) - 1;
  if (width <= 0 || height <= 0) return 0;
  const area = (box: MaskBox) => (box.width - 1) * (box.height - 1);
  const intersection = width * height;
  return intersection / (area(a) + area(b) - intersection);
}

/** Up to this side a box is so small that what Meta's corners leave out of it is much of it. */
const smallSidePx = 8;

/** What two masks are told apart by. */
interface Boxed {
  readonly box: MaskBox;
  /** COCO's compressed counts, where the mask is known. */
  readonly counts?: string;
}

/**
 * Whether two masks are taken for one: their boxes overlap by more than `threshold`, or they are the same to the pixel. Boxes
 * of few pixels are measured by their pixels, as a line and a dot have no area between their corners.
 */
export function isDuplicate(a: Boxed, b: Boxed, threshold: number): boolean {
  if (boxIou(a.box, b.box) > threshold) return true;
  if (Math.min(a.box.width, a.box.height, b.box.width, b.box.height) <= smallSidePx) {
    if (pixelIou(a.box, b.box) > threshold) return true;
  }
  return a.counts !== undefined && a.counts === b.counts && isSameBox(a.box, b.box);
}

function pixelIou(a: MaskBox, b: MaskBox): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const intersection = width * height;
  return intersection / (a.width * a.height + b.width * b.height - intersection);
}

const isSameBox = (a: MaskBox, b: MaskBox) =>
  a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;

/**
 * Greedy non-maximum suppression: of two that are taken for one the better one is kept.
 * @param candidates in any order; of equal scores the earlier counts as better.
 * @returns the kept ones, best first.
 */
export function boxNms<T extends Boxed & { score: number }>(candidates: readonly T[], threshold: number): T[] {
  const kept: T[] = [];
  for (const candidate of [...candidates].sort((a, b) => b.score - a.score)) {
    if (!kept.some((other) => isDuplicate(other, candidate, threshold))) kept.push(candidate);
  }
  return kept;
}
