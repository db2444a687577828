/** float32 [rows, columns] -> [columns, rows]. */
export function turned(values: Float32Array, rows: number, columns: number): Float32Array {
  const own = new Float32Array(values.length);
  for (let row = 0, at = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, at++) own[column * rows + row] = values[at]!;
  return own;
}

/** Adds a number to each plane. @param planes float32 [channels, ...]. @param each float32 [channels]. @param times by so much. */
export function plusPlanes(planes: Float32Array, each: Float32Array, times = 1): Float32Array {
  const size = planes.length / each.length;
  const sums = new Float32Array(planes.length);
  for (let plane = 0, at = 0; plane < each.length; plane++) {
    const more = times * each[plane]!;
    for (let end = at + size; at < end; at++) sums[at] = planes[at]! + more;
  }
  return sums;
}
