import type { Detection } from "../detection.js";

/** Lines of one text overlap by so much of the shorter one, and are no further apart than so many heights. */
const leastOverlap = 0.3;
const mostGap = 1;
/** Of a line's height: how far what carries a text reaches around it. */
const margin = 0.5;

/** Whether a line stands right under another: in the same column, and no more than a line's height below. */
export function isUnder(line: Detection, upper: Detection): boolean {
  const both = Math.min(line.x1, upper.x1) - Math.max(line.x0, upper.x0);
  const shorter = Math.min(line.x1 - line.x0, upper.x1 - upper.x0);
  const height = upper.y1 - upper.y0;
  const gap = line.y0 - upper.y1;
  return both > leastOverlap * shorter && gap > -height / 2 && gap < mostGap * height;
}

/**
 * What a text stands on, where nobody knows what it is: all lines that stand under each other with it, and half a line's height
 * around them.
 */
export function blockAround(place: Detection, lines: readonly Detection[]): Detection {
  const block = new Set(lines.filter((line) => isIn(line, place)));
  const rest = new Set(lines.filter((line) => !block.has(line)));
  // What is added comes up in the same loop, once.
  for (const one of block) {
    for (const line of rest) {
      if (!isUnder(line, one) && !isUnder(one, line)) continue;
      block.add(line);
      rest.delete(line);
    }
  }
  const all = [place, ...block];
  const around = margin * Math.max(...[...block, place].map(({ y0, y1 }) => y1 - y0));
  return {
    ...place,
    x0: Math.max(0, Math.min(...all.map(({ x0 }) => x0)) - around),
    y0: Math.max(0, Math.min(...all.map(({ y0 }) => y0)) - around),
    x1: Math.min(1, Math.max(...all.map(({ x1 }) => x1)) + around),
    y1: Math.min(1, Math.max(...all.map(({ y1 }) => y1)) + around),
  };
}

/** Whether a line is a part of a place. */
const isIn = (line: Detection, place: Detection) =>
  line.x0 >= place.x0 && line.x1 <= place.x1 && line.y0 >= place.y0 && line.y1 <= place.y1;
