import { decodeRle, type Mask } from "../../proto/index.js";
import { type Outline, traceOutlines } from "./contour.js";
import type { Viewport } from "./viewport.js";

/** Outlines are traced once a mask, however often it is painted: undo, redo and a resize cost nothing. */
const traced = new WeakMap<Mask, readonly Outline[]>();

export function outlinesOf(mask: Mask): readonly Outline[] {
  const known = traced.get(mask);
  if (known !== undefined) return known;
  const outlines = mask.rle === undefined || mask.area === 0 ? [] : traceOutlines(decodeRle(mask.rle));
  traced.set(mask, outlines);
  return outlines;
}

/** Points closer than this many pixels of the screen cannot be told apart. */
const finestStep = 0.6;

const latest = new WeakMap<Mask, { readonly view: object; readonly path: Path2D }>();

/** The path of a mask that is painted again and again where it is. */
export function steadyPath(mask: Mask, view: Viewport): Path2D {
  const known = latest.get(mask);
  if (known?.view === view) return known.path;
  const path = maskPath(mask, view);
  latest.set(mask, { view, path });
  return path;
}

/** The mask as a path on the canvas, to be filled with the even-odd rule. */
export function maskPath(mask: Mask, { scale, left, top }: Pick<Viewport, "scale" | "left" | "top">): Path2D {
  const path = new Path2D();
  for (const outline of outlinesOf(mask)) {
    let lastX = Number.NaN;
    let lastY = Number.NaN;
    for (let i = 0; i < outline.length; i += 2) {
      const x = outline[i]! * scale - left;
      const y = outline[i + 1]! * scale - top;
      if (Math.abs(x - lastX) < finestStep && Math.abs(y - lastY) < finestStep) continue;
      if (i === 0) path.moveTo(x, y);
      else path.lineTo(x, y);
      lastX = x;
      lastY = y;
    }
    path.closePath();
  }
  return path;
}
