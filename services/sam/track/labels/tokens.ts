import { contentGrid, type Frame } from "../../frame.js";

/** What a picture looks like to the model, cell by cell: features of the part of its frame that holds the picture. */
export interface Tokens {
  readonly columns: number;
  readonly rows: number;
  readonly channels: number;
  /** float32 [rows * columns, channels]. */
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
      let to = y * columns * channels + channel;
      for (let at = from; at < from + columns; at++, to += channels) own[to] = values[at]!;
    }
  }
  return { columns, rows, channels, values: own };
}

/** float32 [channels]: what all cells have in common says nothing of one. */
export function channelMeans({ channels, values }: Pick<Tokens, "channels" | "values">): Float32Array {
  const means = new Float32Array(channels);
  const sums = new Float64Array(channels);
  for (let at = 0; at < values.length; )
    for (let channel = 0; channel < channels; channel++) sums[channel]! += values[at++]!;
  for (let channel = 0; channel < channels; channel++) means[channel] = (sums[channel]! * channels) / values.length;
  return means;
}

/** Each cell less the means, in the same order. */
export function centred({ channels, values }: Pick<Tokens, "channels" | "values">, means: Float32Array): Float32Array {
  const own = new Float32Array(values.length);
  for (let at = 0; at < values.length; )
    for (let channel = 0; channel < channels; channel++, at++) own[at] = values[at]! - means[channel]!;
  return own;
}

/** Makes every row of length 1, so that a product of two is their cosine; one that is nothing stays so. Changes them. */
export function toLengthOne(rows: Float32Array, width: number): Float32Array {
  for (let from = 0; from < rows.length; from += width) {
    let squares = 0;
    for (let at = from; at < from + width; at++) squares += rows[at]! * rows[at]!;
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let at = from; at < from + width; at++) rows[at] = rows[at]! * scale;
  }
  return rows;
}
