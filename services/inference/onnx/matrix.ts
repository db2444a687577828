/**
 * A dense row-major matrix in Float64. Weights are combined in Float64 and rounded to Float32 once, when they are
 * written, so that folding two layers into one loses nothing against running them one after the other.
 */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float64Array;
}

/** Wraps `rows * cols` row-major values; copies them. Throws RangeError when their number does not fit. */
export function matrix(rows: number, cols: number, values: ArrayLike<number>): Matrix {
  if (values.length !== rows * cols) throw new RangeError(`${values.length} values are not a ${rows}x${cols} matrix`);
  return { rows, cols, data: Float64Array.from(values) };
}

/** The matrix product [n,k] x [k,m] -> [n,m]. */
export function multiply(a: Matrix, b: Matrix): Matrix {
  if (a.cols !== b.rows) throw new RangeError(`cannot multiply ${a.rows}x${a.cols} by ${b.rows}x${b.cols}`);
  const { rows, cols: depth, data: left } = a;
  const { cols, data: right } = b;
  const data = new Float64Array(rows * cols);
  const whole = depth - (depth % 4);
  for (let i = 0; i < rows; i++) {
    const to = i * cols;
    // Four terms of a sum at a time, in their order: half the time, and the same sum to its last bit.
    for (let k = 0; k < whole; k += 4) {
      const at = i * depth + k;
      const [first, second, third, fourth] = [left[at]!, left[at + 1]!, left[at + 2]!, left[at + 3]!];
      const from = k * cols;
      for (let j = 0; j < cols; j++) {
        const sum = data[to + j]! + first * right[from + j]! + second * right[from + cols + j]!;
        data[to + j] = sum + third * right[from + 2 * cols + j]! + fourth * right[from + 3 * cols + j]!;
      }
    }
    for (let k = whole; k < depth; k++) {
      const factor = left[i * depth + k]!;
      for (let j = 0; j < cols; j++) data[to + j]! += factor * right[k * cols + j]!;
    }
  }
  return { rows, cols, data };
}

/** [n,m] -> [m,n]. */
export function transpose(a: Matrix): Matrix {
  const data = new Float64Array(a.data.length);
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < a.cols; j++) data[j * a.rows + i] = a.data[i * a.cols + j]!;
  }
  return { rows: a.cols, cols: a.rows, data };
}

/** Every value times `factor`. */
export function scale(a: Matrix, factor: number): Matrix {
  return { ...a, data: a.data.map((value) => value * factor) };
}

/** Matrices of one height side by side: [n,a], [n,b], ... -> [n,a+b+...]. */
export function beside(...parts: Matrix[]): Matrix {
  const rows = parts[0]!.rows;
  const cols = parts.reduce((sum, part) => sum + part.cols, 0);
  const data = new Float64Array(rows * cols);
  let at = 0;
  for (const part of parts) {
    if (part.rows !== rows) throw new RangeError(`cannot put ${part.rows} rows beside ${rows}`);
    for (let i = 0; i < rows; i++) data.set(part.data.subarray(i * part.cols, (i + 1) * part.cols), i * cols + at);
    at += part.cols;
  }
  return { rows, cols, data };
}

/** Element by element; the shapes must be equal. */
export function add(a: Matrix, b: Matrix): Matrix {
  if (a.rows !== b.rows || a.cols !== b.cols) throw new RangeError("cannot add matrices of different shapes");
  return { ...a, data: a.data.map((value, i) => value + b.data[i]!) };
}

/**
 * Cuts the columns of a projection [n, heads*d] into its heads: [heads, n, d] row-major, as one flat list.
 */
export function columnsByHead(a: Matrix, heads: number): Float64Array {
  const width = a.cols / heads;
  const data = new Float64Array(a.data.length);
  for (let h = 0; h < heads; h++) {
    for (let i = 0; i < a.rows; i++) {
      const from = i * a.cols + h * width;
      data.set(a.data.subarray(from, from + width), (h * a.rows + i) * width);
    }
  }
  return data;
}
