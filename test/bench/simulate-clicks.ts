import { deepestPoint } from "../scenes/deepest-point.js";

export interface SimulatedClick {
  x: number;
  y: number;
  label: 0 | 1;
}

/** Intersection over union of two bitmaps of one size; 1 for two empty ones. */
export function bitmapIou(a: Uint8Array, b: Uint8Array): number {
  let intersection = 0;
  let union = 0;
  for (let i = 0; i < a.length; i++) {
    intersection += a[i] && b[i] ? 1 : 0;
    union += a[i] || b[i] ? 1 : 0;
  }
  return union === 0 ? 1 : intersection / union;
}

/**
 * Where a person would click next: the deepest point of what is missing or of what is too much, whichever lies deeper,
 * as the simulations of RITM and SAM do. Undefined when the mask is right.
 */
export function nextClick(
  mask: Uint8Array,
  truth: Uint8Array,
  width: number,
  height: number,
): SimulatedClick | undefined {
  const missing = deepest(mask, truth, 0, width, height);
  const surplus = deepest(mask, truth, 1, width, height);
  if (!missing && !surplus) return undefined;
  return missing && missing.depth >= (surplus?.depth ?? 0)
    ? { x: missing.x, y: missing.y, label: 1 }
    : { x: surplus?.x ?? 0, y: surplus?.y ?? 0, label: 0 };
}

function deepest(mask: Uint8Array, truth: Uint8Array, masked: 0 | 1, width: number, height: number) {
  const region = mask.map((inside, i) => (inside === masked && inside !== truth[i] ? 1 : 0));
  const at = deepestPoint(region, width, height);
  return at && { ...at, depth: depthAt(region, at.x, at.y, width, height) };
}

/** Squared distance from a pixel of the region to the nearest one outside, the picture's surroundings counted in. */
function depthAt(region: Uint8Array, atX: number, atY: number, width: number, height: number): number {
  const edge = Math.min(atX + 1, atY + 1, width - atX, height - atY);
  let best = edge ** 2;
  for (let y = Math.max(0, atY - edge); y < Math.min(height, atY + edge); y++) {
    for (let x = Math.max(0, atX - edge); x < Math.min(width, atX + edge); x++) {
      if (!region[y * width + x]) best = Math.min(best, (x - atX) ** 2 + (y - atY) ** 2);
    }
  }
  return best;
}
