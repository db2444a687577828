/** Cells of an embedding. */
interface Cells {
  readonly rows: number;
  readonly columns: number;
}

/**
 * An embedding of a picture at half its size as one of the whole picture: each cell becomes four, bilinear between the centres
 * of cells as `interpolate(scale_factor=2, mode="bilinear", align_corners=False)` of PyTorch.
 * @param cells float32 [channels, rows, columns].
 * @param from how many there are. @param to how many are wanted of the doubled ones, from the top left: at most twice as many.
 * @returns float32 [channels, to.rows, to.columns].
 */
export function doubleCells(cells: Float32Array, from: Cells, to: Cells): Float32Array {
  const channels = cells.length / (from.rows * from.columns);
  const [down, across] = [neighbours(to.rows, from.rows), neighbours(to.columns, from.columns)];
  const doubled = new Float32Array(channels * to.rows * to.columns);
  let at = 0;
  for (let channel = 0; channel < channels; channel++) {
    const plane = channel * from.rows * from.columns;
    for (const row of down) {
      const near = plane + row.near * from.columns;
      const far = plane + row.far * from.columns;
      for (const column of across) {
        const above = 0.75 * (cells[near + column.near] as number) + 0.25 * (cells[near + column.far] as number);
        const below = 0.75 * (cells[far + column.near] as number) + 0.25 * (cells[far + column.far] as number);
        doubled[at++] = 0.75 * above + 0.25 * below;
      }
    }
  }
  return doubled;
}

/** For each doubled cell along an axis the one that it is part of, and the one beside it that is nearer: at an edge itself. */
function neighbours(count: number, side: number): { near: number; far: number }[] {
  return Array.from({ length: count }, (_, index) => {
    const near = index >> 1;
    const far = index % 2 === 0 ? near - 1 : near + 1;
    return { near, far: Math.min(Math.max(far, 0), side - 1) };
  });
}
