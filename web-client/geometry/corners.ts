import type { Outline } from "../../proto/index.js";

/**
 * Walks a closed outline in one pass and tells its corners: points left out lie within `tolerance` of the line through
 * the corners beside them, past one of its ends within 1.42 times that. In one pass because it runs with every frame of a zoom; Douglas and Peucker's way, which finds
 * fewer corners, takes longer than the frame.
 *
 * From each corner the sector of directions is kept that pass all points so far within the tolerance (Sklansky and
 * Gonzalez, 1980, "Fast polygonal approximation of digitized curves"); the first point outside it makes a corner of the
 * one before.
 */
export function eachCorner(
  outline: Outline,
  tolerance: number,
  corner: (x: number, y: number, isFirst: boolean) => void,
): void {
  if (outline.length === 0) return;
  let [fromX, fromY] = [outline[0]!, outline[1]!];
  corner(fromX, fromY, true);
  // The sector's two borders as directions; anything until there is a point far enough to tell.
  let [leftX, leftY, rightX, rightY] = [0, 0, 0, 0];
  let isOpen = true;
  let farthest = 0;
  for (let i = 2; i <= outline.length; i += 2) {
    // At last the beginning, which closes the outline.
    const at = i % outline.length;
    const x = outline[at]!;
    const y = outline[at + 1]!;
    let dx = x - fromX;
    let dy = y - fromY;
    // `Math.hypot` would take most of the time.
    let far = Math.sqrt(dx * dx + dy * dy);
    const isInside = isOpen || (leftX * dy - leftY * dx <= 0 && rightX * dy - rightY * dx >= 0);
    // A way back would leave out how far it went.
    if ((!isInside && far > tolerance) || far < farthest - tolerance) {
      fromX = outline[i - 2]!;
      fromY = outline[i - 1]!;
      corner(fromX, fromY, false);
      dx = x - fromX;
      dy = y - fromY;
      far = Math.sqrt(dx * dx + dy * dy);
      isOpen = true;
      farthest = 0;
    }
    farthest = Math.max(farthest, far);
    if (far <= tolerance) continue;
    // The tangents to a circle of the tolerance about the point.
    const sine = tolerance / far;
    const cosine = Math.sqrt(1 - sine * sine);
    const aX = dx * cosine - dy * sine;
    const aY = dy * cosine + dx * sine;
    const bX = dx * cosine + dy * sine;
    const bY = dy * cosine - dx * sine;
    if (isOpen || leftX * aY - leftY * aX < 0) {
      leftX = aX;
      leftY = aY;
    }
    if (isOpen || rightX * bY - rightY * bX > 0) {
      rightX = bX;
      rightY = bY;
    }
    isOpen = false;
  }
}
