import { centred, channelMeans, type Tokens, toLengthOne } from "./tokens.js";

/**
 * A product of matrices. @param a float32 [n, inner]. @param b float32 [m, inner].
 * @returns float32 [n, m]: of each row of `a` with each of `b`; read before the next call.
 */
export type Product = (a: Float32Array, b: Float32Array, inner: number) => Promise<Float32Array>;

/** What cells are compared by: the directions in which those of one frame differ most. */
export interface Axes {
  /** float32 [channels]. */
  readonly means: Float32Array;
  /** float32 [count, channels], each of length 1 and at right angles to the others. */
  readonly directions: Float32Array;
  readonly count: number;
}

/** Of the 256 channels of a cell: fewer tell less well apart what looks alike, more take longer (see `bench -- track`). */
const mostAxes = 64;
/** Turns of the iteration: what is left out of the last directions is noise by then. */
const turns = 6;

/** The principal axes of a frame's cells, by turning a few directions over and over towards where the cells differ most. */
export async function principalAxes(tokens: Tokens, product: Product, most = mostAxes): Promise<Axes> {
  const { channels } = tokens;
  const means = channelMeans(tokens);
  const count = Math.min(most, channels);
  const cells = centred(tokens, means);
  const byChannel = transposed(cells, channels);
  const covariance = Float32Array.from(await product(byChannel, byChannel, cells.length / channels));
  // Any start will do that is at right angles to none of them.
  let directions = orthonormal(
    Float32Array.from({ length: count * channels }, (_, at) => Math.sin(1 + 12.9898 * at)),
    channels,
  );
  for (let turn = 0; turn < turns; turn++) {
    directions = orthonormal(Float32Array.from(await product(directions, covariance, channels)), channels);
  }
  return { means, directions, count };
}

/** A frame's cells along the axes, each of length 1: a product of two says how alike they are. @returns float32 [cells, count]. */
export async function comparable(
  tokens: Tokens,
  { means, directions, count }: Axes,
  product: Product,
): Promise<Float32Array> {
  const along = await product(centred(tokens, means), directions, tokens.channels);
  return toLengthOne(Float32Array.from(along), count);
}

function transposed(values: Float32Array, width: number): Float32Array {
  const height = values.length / width;
  const own = new Float32Array(values.length);
  for (let y = 0, at = 0; y < height; y++) for (let x = 0; x < width; x++, at++) own[x * height + y] = values[at]!;
  return own;
}

/** Gram and Schmidt's way, in the order of the rows. A row that adds nothing becomes zero. Changes them. */
function orthonormal(rows: Float32Array, width: number): Float32Array {
  for (let from = 0; from < rows.length; from += width) {
    const row = rows.subarray(from, from + width);
    toLengthOne(row, width);
    for (let before = 0; before < from; before += width) {
      let share = 0;
      for (let at = 0; at < width; at++) share += row[at]! * rows[before + at]!;
      for (let at = 0; at < width; at++) row[at] = row[at]! - share * rows[before + at]!;
    }
    toLengthOne(row, width);
  }
  return rows;
}
