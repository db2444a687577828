import type { Spot } from "./convex-hull.js";
import { grown, smallestBox, type TurnedBox } from "./turned-box.js";

/** Where text probably is: float32 [height, width], 0 to 1. */
interface TextMap {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** Figures of PaddleOCR's `DBPostProcess`, as PP-OCR's configurations have them. */
const rules = {
  /** From here on a cell is text. */
  cell: 0.3,
  /** Least mean of a line's cells. */
  line: 0.6,
  /** By how much of area / length a line's shrunk core grows. */
  growth: 1.5,
  /** Cells of a core's shorter side, and of the grown line's. */
  core: 3,
  grown: 5,
};

/**
 * Lines of text in a map, in its cells, the largest first (Liao et al. 2020, "Real-time Scene Text Detection with Differentiable
 * Binarization"): each connected region is a line's core, shrunk by what it is grown again by.
 */
export function findLines(map: TextMap, most: number): TurnedBox[] {
  const lines: TurnedBox[] = [];
  const seen = new Uint8Array(map.data.length);
  for (let at = 0; at < map.data.length; at++) {
    if (seen[at] || (map.data[at] as number) <= rules.cell) continue;
    const { mean, edge } = regionAt(map, at, seen);
    if (mean < rules.line) continue;
    const core = smallestBox(edge);
    if (Math.min(core.width, core.height) < rules.core) continue;
    const around = 2 * (core.width + core.height);
    const line = grown(core, (core.width * core.height * rules.growth) / around);
    if (Math.min(line.width, line.height) >= rules.grown) lines.push(line);
  }
  return lines.sort((a, b) => b.width * b.height - a.width * a.height).slice(0, most);
}

/** The cells that touch each other, by corners too: their mean, and of every row the first and the last. */
function regionAt({ data, width, height }: TextMap, start: number, seen: Uint8Array): { mean: number; edge: Spot[] } {
  const rows = new Map<number, [first: number, last: number]>();
  const open = [start];
  seen[start] = 1;
  let [sum, count] = [0, 0];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const [x, y] = [at % width, Math.floor(at / width)];
    sum += data[at] as number;
    count++;
    const [first, last] = rows.get(y) ?? [x, x];
    rows.set(y, [Math.min(first, x), Math.max(last, x)]);
    for (let down = Math.max(0, y - 1); down <= Math.min(height - 1, y + 1); down++) {
      for (let across = Math.max(0, x - 1); across <= Math.min(width - 1, x + 1); across++) {
        const next = down * width + across;
        if (seen[next] || (data[next] as number) <= rules.cell) continue;
        seen[next] = 1;
        open.push(next);
      }
    }
  }
  const edge = [...rows].flatMap(([y, [first, last]]) => [
    { x: first, y },
    { x: last, y },
  ]);
  return { mean: sum / count, edge };
}
