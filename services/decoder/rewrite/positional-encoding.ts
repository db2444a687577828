import type { GraphBuilder, Value } from "../../inference/onnx/graph-builder.js";
import type { Matrix } from "../../inference/onnx/matrix.js";

/**
 * The dense positional encoding of the image's grid: sine and cosine of random Fourier features of each cell's centre,
 * normalised to [-1, 1] (Tancik et al. 2020; Kirillov et al. 2023, appendix A).
 *
 * It is written as the export's operators on constants, which ONNX Runtime computes when it loads the graph: its sine and
 * cosine are not JavaScript's to the last bit, and those of the export are what the image's keys must be made with.
 *
 * @param gaussian [2, channels / 2], for x and y
 * @param grid cells along a side
 * @returns [grid * grid, channels], row by row
 */
export function positionalEncoding(g: GraphBuilder, gaussian: Matrix, grid: number): Value {
  const centres = g.constant("pe.centres", [grid, grid, 2], cellCentres(grid));
  const features = g.matmul(centres, g.constant("pe.gaussian", [2, gaussian.cols], gaussian.data));
  const phase = g.multiply(features, g.scalar(2 * Math.PI));
  const encoding = g.concat([g.node("Sin", [phase]), g.node("Cos", [phase])], -1);
  return g.reshape(encoding, [grid * grid, 2 * gaussian.cols]);
}

/** The same in Float64, from phases in single precision, to be folded into weights. */
export function positionalEncodingMatrix(gaussian: Matrix, grid: number): Matrix {
  const half = gaussian.cols;
  const centres = cellCentres(grid);
  const data = new Float64Array(grid * grid * 2 * half);
  for (let cell = 0; cell < grid * grid; cell++) {
    const at = cell * 2 * half;
    const [x = 0, y = 0] = centres.slice(2 * cell, 2 * cell + 2);
    for (let i = 0; i < half; i++) {
      // Single precision step by step, as the export has it: a phase reaches tens of radians.
      const feature = Math.fround(Math.fround(x * gaussian.data[i]!) + y * gaussian.data[half + i]!);
      const phase = Math.fround(feature * Math.fround(2 * Math.PI));
      data[at + i] = Math.sin(phase);
      data[at + half + i] = Math.cos(phase);
    }
  }
  return { rows: grid * grid, cols: 2 * half, data };
}

/** x and y of each cell's centre in [-1, 1], row by row: [grid * grid, 2]. */
function cellCentres(grid: number): number[] {
  const centre = (index: number): number => (2 * (index + 0.5)) / grid - 1;
  return Array.from({ length: grid * grid }, (_, cell) => [
    centre(cell % grid),
    centre(Math.floor(cell / grid)),
  ]).flat();
}
