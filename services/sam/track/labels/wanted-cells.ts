import type { Product } from "./axes.js";
import type { CellGrid } from "./nearest.js";

/** A frame of the memory, as it is compared. */
export interface ComparedFrame {
  /** float32 [cells, width], each of length 1. */
  readonly cells: Float32Array;
  /** How far, in cells, a thing may have moved since; Infinity: anywhere. */
  readonly radius: number;
  /** Places of the cells that are an object's, if in part. */
  readonly shown: Uint32Array;
}

/**
 * A cell that is so much less like any of the objects' than like what lay around its place before has next to no part in them: of its
 * seven nearest the objects' are few, and weigh little (see `carriedLabels`). No J&F of `bench -- track` changed from 0.4 down to 0.15, with 40 % as many cells.
 */
const margin = 0.15;

/**
 * The cells of a frame that may be an object's: most of a picture never is, and need not be compared with all there was.
 * @param own float32 [cells, width]. @returns their places, rising.
 */
export async function wantedCells(
  own: Float32Array,
  grid: CellGrid,
  memory: readonly ComparedFrame[],
  product: Product,
): Promise<Uint32Array> {
  const cells = grid.columns * grid.rows;
  const width = own.length / cells;
  const likeObject = new Float32Array(cells).fill(Number.NEGATIVE_INFINITY);
  for (const { cells: known, shown, radius } of memory) {
    if (shown.length === 0) continue;
    const cosines = await product(own, rowsAt(known, shown, width), width);
    raise(likeObject, cosines, grid, shown, radius);
  }
  const before = memory.at(-1);
  const wanted: number[] = [];
  for (let cell = 0; cell < cells; cell++) {
    if (likeObject[cell] === Number.NEGATIVE_INFINITY) continue;
    if (!before || likeObject[cell]! > likeAround(own, before.cells, grid, cell, width) - margin) wanted.push(cell);
  }
  return Uint32Array.from(wanted);
}

/** float32 [places, width]: some rows of others. */
export function rowsAt(rows: Float32Array, places: Uint32Array, width: number): Float32Array {
  const chosen = new Float32Array(places.length * width);
  for (const [at, place] of places.entries()) chosen.set(rows.subarray(place * width, (place + 1) * width), at * width);
  return chosen;
}

/** The most that each cell is like one of those shown that may be where it is. */
function raise(
  likeObject: Float32Array,
  cosines: Float32Array,
  { columns, rows }: CellGrid,
  shown: Uint32Array,
  radius: number,
): void {
  const count = shown.length;
  const shownX = shown.map((place) => place % columns);
  const shownY = shown.map((place) => Math.floor(place / columns));
  // Places rise: the first is of the uppermost row, the last of the lowest.
  const top = Math.max(0, shownY[0]! - radius);
  const bottom = Math.min(rows - 1, shownY[count - 1]! + radius);
  for (let y = top; y <= bottom; y++) {
    for (let x = 0; x < columns; x++) {
      const cell = y * columns + x;
      const from = cell * count;
      let most = likeObject[cell]!;
      for (let index = 0; index < count; index++) {
        const alike = cosines[from + index]!;
        if (alike > most && Math.abs(shownX[index]! - x) <= radius && Math.abs(shownY[index]! - y) <= radius)
          most = alike;
      }
      likeObject[cell] = most;
    }
  }
}

/** The most that a cell is like the nine around its place in another frame. */
function likeAround(
  own: Float32Array,
  other: Float32Array,
  { columns, rows }: CellGrid,
  cell: number,
  width: number,
): number {
  const [x, y] = [cell % columns, Math.floor(cell / columns)];
  let most = Number.NEGATIVE_INFINITY;
  for (let row = Math.max(0, y - 1); row <= Math.min(rows - 1, y + 1); row++) {
    for (let column = Math.max(0, x - 1); column <= Math.min(columns - 1, x + 1); column++) {
      const from = (row * columns + column) * width;
      let sum = 0;
      for (let at = 0; at < width; at++) sum += own[cell * width + at]! * other[from + at]!;
      if (sum > most) most = sum;
    }
  }
  return most;
}
