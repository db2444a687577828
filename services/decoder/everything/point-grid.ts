import type { PictureSize } from "../../sam/prompts/check-prompt.js";

/** A point of the grid, with its column and row in it. */
export interface GridPoint {
  column: number;
  row: number;
  /** Pixels of the upright picture. */
  x: number;
  y: number;
}

export interface PointGrid {
  readonly columns: number;
  readonly rows: number;
  /** Row by row. */
  readonly points: readonly GridPoint[];
}

/**
 * Evenly spaced points, half a step from the edges: `build_point_grid` of segment_anything/utils/amg.py. A side has no more
 * points than pixels: several in one pixel would ask the same thing.
 */
export function pointGrid(pointsPerSide: number, { width, height }: PictureSize): PointGrid {
  const [columns, rows] = [Math.min(pointsPerSide, width), Math.min(pointsPerSide, height)];
  const points = Array.from({ length: columns * rows }, (_, index) => {
    const column = index % columns;
    const row = Math.floor(index / columns);
    return { column, row, x: ((column + 0.5) / columns) * width, y: ((row + 0.5) / rows) * height };
  });
  return { columns, rows, points };
}
