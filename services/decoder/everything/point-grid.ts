import type { PictureSize } from "../../sam/prompts/check-prompt.js";

/** A point of the grid, with its column and row in it. */
export interface GridPoint {
  column: number;
  row: number;
  /** Pixels of the upright picture. */
  x: number;
  y: number;
}

/** Evenly spaced points, row by row, half a step from the edges: `build_point_grid` of segment_anything/utils/amg.py. */
export function pointGrid(pointsPerSide: number, { width, height }: PictureSize): GridPoint[] {
  const at = (index: number, side: number) => ((index + 0.5) / pointsPerSide) * side;
  return Array.from({ length: pointsPerSide ** 2 }, (_, index) => {
    const column = index % pointsPerSide;
    const row = Math.floor(index / pointsPerSide);
    return { column, row, x: at(column, width), y: at(row, height) };
  });
}
