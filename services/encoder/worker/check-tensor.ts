import type { Tensor } from "onnxruntime-node";

/** An embedding that must not be cached or used. */
export class BadEmbeddingError extends Error {
  override readonly name = "BadEmbeddingError";
}

/** @throws BadEmbeddingError for values that no picture gives: NaN, infinite, over the half float's range, or all the same. */
export function checkTensor(tensor: Tensor | undefined, name: string, dims: number[]): Float32Array {
  if (tensor?.type !== "float32" || tensor.dims.join() !== dims.join()) {
    throw new Error(`the encoder's output "${name}" is not float32 ${dims.join("x")} as the manifest says`);
  }
  const values = tensor.data as Float32Array;
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
