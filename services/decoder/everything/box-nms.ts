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

/**
 * Greedy non-maximum suppression: of two whose boxes overlap by more than `threshold` the better one is kept.
 * @param candidates in any order; of equal scores the earlier counts as better.
 * @returns the kept ones, best first.
 */
export function boxNms<T extends { box: MaskBox; score: number }>(candidates: readonly T[], threshold: number): T[] {
  const kept: T[] = [];
  for (const candidate of [...candidates].sort((a, b) => b.score - a.score)) {
    if (kept.every(({ box }) => boxIou(box, candidate.box) <= threshold)) kept.push(candidate);
  }
  return kept;
}
