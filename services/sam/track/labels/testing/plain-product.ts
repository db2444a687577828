import type { Product } from "../axes.js";

/** A product of matrices, in so many words. */
export const plainProduct: Product = async (a, b, inner) => {
  const [n, m] = [a.length / inner, b.length / inner];
  return Float32Array.from({ length: n * m }, (_, at) => {
    const [row, column] = [Math.floor(at / m) * inner, (at % m) * inner];
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += a[row + k]! * b[column + k]!;
    return sum;
  });
};
