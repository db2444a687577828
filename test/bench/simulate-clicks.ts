import { deepestPixel } from "../scenes/deepest-point.js";

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
 * as the simulations of RITM and SAM do; not where they clicked before. Undefined when nothing is left to say.
 */
export function nextClick(
  mask: Uint8Array,
  truth: Uint8Array,
  width: number,
  height: number,
  before: readonly SimulatedClick[] = [],
): SimulatedClick | undefined {
  const deepest = (masked: 0 | 1) => {
    const wrong = mask.map((inside, i) => (inside === masked && inside !== truth[i] ? 1 : 0));
    return deepestPixel(wrong, width, height, before);
  };
  const [missing, surplus] = [deepest(0), deepest(1)];
  if (missing && missing.squared >= (surplus?.squared ?? 0)) return { x: missing.x, y: missing.y, label: 1 };
  return surplus && { x: surplus.x, y: surplus.y, label: 0 };
}
