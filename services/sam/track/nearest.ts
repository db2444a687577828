/** How many cells of the memory a cell is like. */
const mostLike = 7;

/** Rows and columns of the cells that are compared. */
export interface CellGrid {
  readonly columns: number;
  readonly rows: number;
}

/** For each cell of a frame the cells of its memory that are most like it. */
export class Nearest {
  readonly count = mostLike;
  /** float32 [cells, count]: cosines, the best first; -Infinity where there are fewer. */
  readonly likeness: Float32Array;
  /** [cells, count]: places in all of the memory, frame after frame. */
  readonly places: Int32Array;
  readonly #grid: CellGrid;

  constructor(grid: CellGrid) {
    this.#grid = grid;
    const cells = grid.columns * grid.rows;
    this.likeness = new Float32Array(cells * mostLike).fill(Number.NEGATIVE_INFINITY);
    this.places = new Int32Array(cells * mostLike).fill(-1);
  }

  /**
   * Looks through one frame of the memory.
   * @param cosines float32 [cells, cells of that frame]. @param place of the frame's first cell in all of the memory.
   * @param radius how far, in cells, a thing may have moved since; Infinity: anywhere.
   */
  look(cosines: Float32Array, place: number, radius: number): void {
    const { columns, rows } = this.#grid;
    const cells = columns * rows;
    for (let y = 0, cell = 0; y < rows; y++) {
      const top = Math.max(0, y - radius);
      const bottom = Math.min(rows - 1, y + radius);
      for (let x = 0; x < columns; x++, cell++) {
        const left = Math.max(0, x - radius);
        const right = Math.min(columns - 1, x + radius);
        const least = (cell + 1) * mostLike - 1;
        for (let row = top; row <= bottom; row++) {
          const from = cell * cells + row * columns;
          for (let at = from + left; at <= from + right; at++) {
            const likeness = cosines[at]!;
            if (likeness > this.likeness[least]!) this.#enter(cell, likeness, place + at - cell * cells);
          }
        }
      }
    }
  }

  #enter(cell: number, likeness: number, place: number): void {
    const first = cell * mostLike;
    let at = first + mostLike - 1;
    for (; at > first && this.likeness[at - 1]! < likeness; at--) {
      this.likeness[at] = this.likeness[at - 1]!;
      this.places[at] = this.places[at - 1]!;
    }
    this.likeness[at] = likeness;
    this.places[at] = place;
  }
}
