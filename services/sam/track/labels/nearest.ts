/** How many cells of the memory a cell is like. */
const mostLike = 7;

/** Rows and columns of the cells that are compared. */
export interface CellGrid {
  readonly columns: number;
  readonly rows: number;
}

/** Whole rows of cells of a frame: from the first up to, not with, the last. */
interface Band {
  readonly top: number;
  readonly bottom: number;
}

/** For some cells of a frame the cells of its memory that are most like them. */
export class Nearest {
  readonly count = mostLike;
  /** Places of those cells in their frame, rising. */
  readonly cells: Uint32Array;
  /** float32 [cells, count]: cosines, the best first; -Infinity where there are fewer. */
  readonly likeness: Float32Array;
  /** [cells, count]: places in all of the memory, frame after frame. */
  readonly places: Int32Array;
  readonly #grid: CellGrid;

  constructor(grid: CellGrid, cells: Uint32Array) {
    this.#grid = grid;
    this.cells = cells;
    this.likeness = new Float32Array(cells.length * mostLike).fill(Number.NEGATIVE_INFINITY);
    this.places = new Int32Array(cells.length * mostLike).fill(-1);
  }

  /**
   * Looks through a band of a frame of the memory.
   * @param cosines float32 [cells, cells of the band]. @param place of the frame's first cell in all of the memory.
   * @param radius how far, in cells, a thing may have moved since; Infinity: anywhere.
   */
  look(cosines: Float32Array, { top, bottom }: Band, place: number, radius: number): void {
    const { columns } = this.#grid;
    const width = (bottom - top) * columns;
    const { likeness, places } = this;
    for (let index = 0; index < this.cells.length; index++) {
      const cell = this.cells[index]!;
      const y = Math.floor(cell / columns);
      const x = cell - y * columns;
      const left = Math.max(0, x - radius);
      const right = Math.min(columns - 1, x + radius);
      const first = index * mostLike;
      const last = first + mostLike - 1;
      let least = likeness[last]!;
      for (let row = Math.max(top, y - radius); row <= Math.min(bottom - 1, y + radius); row++) {
        const from = index * width + (row - top) * columns;
        for (let column = left; column <= right; column++) {
          const alike = cosines[from + column]!;
          if (alike <= least) continue;
          let at = last;
          for (; at > first && likeness[at - 1]! < alike; at--) {
            likeness[at] = likeness[at - 1]!;
            places[at] = places[at - 1]!;
          }
          likeness[at] = alike;
          places[at] = place + row * columns + column;
          least = likeness[last]!;
        }
      }
    }
  }
}
