import { eachColumnSpan, type MaskRuns, rleBoundingBox } from "../../../proto/rle.js";

/** In pixels of the picture. */
interface Place {
  readonly x: number;
  readonly y: number;
}

/** Cells along the longer side: finer would move a mark by less than it matters. */
const finestGrid = 96;
/** A place much shallower than the deepest says nothing that the others have not said. */
const leastShare = 0.35;
/** Two of one place would say the same thing twice. */
const apart = 1.6;

/**
 * The places deepest inside a mask, each away from those before it: what its shape says to a model that was trained on
 * clicks. At most so many.
 */
export function deepestPlaces(mask: MaskRuns, most: number): Place[] {
  const box = rleBoundingBox(mask);
  if (box.width === 0) return [];
  const cell = Math.max(1, Math.max(box.width, box.height) / finestGrid);
  const grid = gridOf(mask, box, cell);
  const places: Place[] = [];
  let first = 0;
  while (places.length < most) {
    const depths = depthsOf(grid);
    const { x, y, depth } = deepest(depths, grid);
    first ||= depth;
    if (depth === 0 || depth < leastShare * first) break;
    places.push({
      x: Math.min(mask.width - 1, Math.floor(box.x + (x + 0.5) * cell)),
      y: Math.min(mask.height - 1, Math.floor(box.y + (y + 0.5) * cell)),
    });
    blot(grid, { x, y }, Math.max(1.5, depth * apart));
  }
  return places;
}

interface Grid {
  readonly width: number;
  readonly height: number;
  readonly cells: Uint8Array;
}

/** What lies in the middle of each cell. */
function gridOf(mask: MaskRuns, box: { x: number; y: number; width: number; height: number }, cell: number): Grid {
  const width = Math.ceil(box.width / cell);
  const height = Math.ceil(box.height / cell);
  const cells = new Uint8Array(width * height);
  const columns = new Map<number, number>();
  for (let x = 0; x < width; x++) columns.set(Math.min(mask.width - 1, Math.floor(box.x + (x + 0.5) * cell)), x);
  eachColumnSpan(mask, (column, top, bottom) => {
    const x = columns.get(column);
    if (x === undefined) return;
    const from = Math.max(0, Math.ceil((top - box.y) / cell - 0.5));
    const to = Math.min(height, Math.ceil((bottom - box.y) / cell - 0.5));
    for (let y = from; y < to; y++) cells[y * width + x] = 1;
  });
  // A stroke finer than a cell may miss every middle.
  if (!cells.includes(1))
    eachColumnSpan(mask, (column, top) => {
      const [x, y] = [Math.floor((column - box.x) / cell), Math.floor((top - box.y) / cell)];
      cells[y * width + x] = 1;
    });
  return { width, height, cells };
}

/** Distance to the nearest cell outside, in cells, by two passes over the grid (Borgefors' 3-4 chamfer, thirds). */
function depthsOf({ width, height, cells }: Grid): Float32Array {
  const depths = new Float32Array(cells.length);
  const at = (x: number, y: number) => (x < 0 || y < 0 || x >= width || y >= height ? 0 : depths[y * width + x]!);
  const settle = (x: number, y: number, by: 1 | -1) => {
    const i = y * width + x;
    if (cells[i] === 0) return;
    const straight = Math.min(at(x - by, y), at(x, y - by)) + 1;
    const slant = Math.min(at(x - by, y - by), at(x + by, y - by)) + 4 / 3;
    depths[i] = by === 1 ? Math.min(straight, slant) : Math.min(depths[i]!, straight, slant);
  };
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) settle(x, y, 1);
  for (let y = height - 1; y >= 0; y--) for (let x = width - 1; x >= 0; x--) settle(x, y, -1);
  return depths;
}

function deepest(depths: Float32Array, { width }: Grid): Place & { depth: number } {
  let best = 0;
  for (let i = 1; i < depths.length; i++) if (depths[i]! > depths[best]!) best = i;
  return { x: best % width, y: Math.floor(best / width), depth: depths[best] ?? 0 };
}

function blot({ width, height, cells }: Grid, { x, y }: Place, radius: number): void {
  for (let row = Math.max(0, Math.ceil(y - radius)); row <= Math.min(height - 1, y + radius); row++) {
    for (let column = Math.max(0, Math.ceil(x - radius)); column <= Math.min(width - 1, x + radius); column++) {
      if (Math.hypot(column - x, row - y) < radius) cells[row * width + column] = 0;
    }
  }
}
