/** So many columns at a time that memory is walked in lines. */
const band = 64;

/** Values row by row as values column by column; and the other way with the sides changed round. */
export function turned<Values extends Uint8Array | Uint16Array | Uint32Array>(
  rows: Values,
  width: number,
  height: number,
): Values {
  const columns = rows.slice() as Values;
  for (let left = 0; left < width; left += band) {
    const right = Math.min(width, left + band);
    for (let y = 0; y < height; y++) {
      const row = y * width;
      for (let x = left, to = left * height + y; x < right; x++, to += height) columns[to] = rows[row + x]!;
    }
  }
  return columns;
}
