import { contentGrid, type Frame } from "../frame.js";

/** What a picture looks like to the model, cell by cell: features of the part of its frame that holds the picture. */
export interface Tokens {
  readonly columns: number;
  readonly rows: number;
  readonly channels: number;
  /** float32 [channels, rows * columns]. */
  readonly values: Float32Array;
}

/** @param image float32 [channels, side, side] over the model's frame. */
export function tokensOf(
  { values, side }: { readonly values: Float32Array; readonly side: number },
  frame: Frame,
): Tokens {
  const { columns, rows } = contentGrid({ ...frame, gridSize: side });
  const channels = values.length / side ** 2;
  const own = new Float32Array(channels * rows * columns);
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < rows; y++) {
      const from = (channel * side + y) * side;
      own.set(values.subarray(from, from + columns), (channel * rows + y) * columns);
    }
  }
  return { columns, rows, channels, values: own };
}

/** float32 [channels]: what all cells have in common says nothing of one. */
export function channelMeans({ columns, rows, channels, values }: Tokens): Float32Array {
  const cells = columns * rows;
  const means = new Float32Array(channels);
  for (let channel = 0; channel < channels; channel++) {
    let sum = 0;
    for (let cell = 0; cell < cells; cell++) sum += values[channel * cells + cell]!;
    means[channel] = sum / cells;
  }
  return means;
}

/** Each cell less the means and of length 1, so that a product of two is their cosine; in the same order. */
export function comparable({ columns, rows, channels, values }: Tokens, means: Float32Array): Float32Array {
  const cells = columns * rows;
  const own = new Float32Array(values.length);
  const squares = new Float32Array(cells);
  for (let channel = 0; channel < channels; channel++) {
    const mean = means[channel]!;
    for (let cell = 0, at = channel * cells; cell < cells; cell++, at++) {
      const value = values[at]! - mean;
      own[at] = value;
      squares[cell] = squares[cell]! + value * value;
    }
  }
  const scale = squares.map((square) => (square > 0 ? 1 / Math.sqrt(square) : 0));
  for (let channel = 0; channel < channels; channel++) {
    for (let cell = 0, at = channel * cells; cell < cells; cell++, at++) own[at] = own[at]! * scale[cell]!;
  }
  return own;
}
