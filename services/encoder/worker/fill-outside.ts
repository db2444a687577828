/** Cells of an embedding. */
interface Cells {
  readonly rows: number;
  readonly columns: number;
}

/**
 * The embedding of a picture's own frame in that of the whole one, whose other cells are those of an empty frame: there the
 * decoder was trained to see padding.
 * @param cells float32 [channels, rows, columns]
 * @param empty float32 [channels, grid, grid]
 * @returns float32 [channels, grid, grid]
 */
export function fillOutside(
  cells: Float32Array,
  { rows, columns }: Cells,
  empty: Float32Array,
  grid: number,
): Float32Array {
  if (rows === grid && columns === grid) return cells;
  const whole = empty.slice();
  const channels = cells.length / (rows * columns);
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < rows; row++) {
      const from = (channel * rows + row) * columns;
      whole.set(cells.subarray(from, from + columns), (channel * grid + row) * grid);
    }
  }
  return whole;
}
