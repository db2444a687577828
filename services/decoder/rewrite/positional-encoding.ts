import type { Matrix } from "./matrix.js";

/**
 * The dense positional encoding of the image's grid: sine and cosine of random Fourier features of each cell's centre,
 * normalised to [-1, 1] (Tancik et al. 2020; Kirillov et al. 2023, appendix A).
 *
 * @param gaussian [2, channels / 2], for x and y
 * @param grid cells along a side
 * @returns [grid * grid, channels], row by row
 */
export function positionalEncoding(gaussian: Matrix, grid: number): Matrix {
  const half = gaussian.cols;
  const data = new Float64Array(grid * grid * 2 * half);
  for (let row = 0; row < grid; row++) {
    for (let col = 0; col < grid; col++) {
      const x = (2 * (col + 0.5)) / grid - 1;
      const y = (2 * (row + 0.5)) / grid - 1;
      const at = (row * grid + col) * 2 * half;
      for (let i = 0; i < half; i++) {
        // Single precision step by step, as the export has it: a phase reaches tens of radians.
        const feature = Math.fround(Math.fround(x * gaussian.data[i]!) + y * gaussian.data[half + i]!);
        const phase = Math.fround(feature * Math.fround(2 * Math.PI));
        data[at + i] = Math.sin(phase);
        data[at + half + i] = Math.cos(phase);
      }
    }
  }
  return { rows: grid * grid, cols: 2 * half, data };
}
