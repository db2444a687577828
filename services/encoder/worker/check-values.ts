/** An embedding that must not be cached or used. */
export class BadEmbeddingError extends Error {
  override readonly name = "BadEmbeddingError";
}

/** A result of an encoder's run. */
export interface GivenTensor {
  readonly dims: readonly number[];
  readonly values: Float32Array;
}

/** @throws BadEmbeddingError for values that no picture gives: NaN, infinite, over the half float's range, or all the same. */
export function checkValues(tensor: GivenTensor | undefined, name: string, dims: readonly number[]): Float32Array {
  if (!tensor || tensor.dims.join() !== dims.join()) {
    const found = tensor ? `is ${tensor.dims.join("x")}` : "is not there, or no tensor of floats";
    throw new Error(`the encoder's output "${name}" ${found}; the manifest says ${dims.join("x")}`);
  }
  const { values } = tensor;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!(Math.abs(value) <= 65504)) throw new BadEmbeddingError(`the embedding "${name}" holds ${value}`);
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low === high) throw new BadEmbeddingError(`the embedding "${name}" is constant`);
  return values;
}
