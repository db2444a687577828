/**
 * Pillow's antialiased bilinear resize of 8-bit pictures, which Meta's `ResizeLongestSide.apply_image` uses: a triangle as
 * wide as the reduction, weights rounded to 22 bits, rows first and then columns, each rounded to a byte. Written for
 * measurements alone, independently of what the service does.
 * @param pixels interleaved, `channels` a pixel. @returns the same form, `toWidth * toHeight`.
 */
export function pillowResize(
  pixels: Uint8Array,
  channels: number,
  [width, height]: [number, number],
  [toWidth, toHeight]: [number, number],
): Uint8Array {
  const rows = along(pixels, height, width * channels, channels, weightsFor(width, toWidth));
  return along(rows, 1, 0, toWidth * channels, weightsFor(height, toHeight));
}

/** For each output position the first input position and fixed-point weights from there on. */
type Weights = { first: number; weights: Int32Array }[];

const precision = 22;

function weightsFor(from: number, to: number): Weights {
  const scale = from / to;
  const support = Math.max(scale, 1);
  return Array.from({ length: to }, (_, position) => {
    const centre = (position + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - support + 0.5));
    const end = Math.min(from, Math.floor(centre + support + 0.5));
    const shares = Array.from({ length: end - first }, (_unused, at) =>
      Math.max(0, 1 - Math.abs((first + at + 0.5 - centre) / support)),
    );
    const sum = shares.reduce((a, b) => a + b, 0);
    return { first, weights: Int32Array.from(shares, (share) => Math.round((share / sum) * 2 ** precision)) };
  });
}

/**
 * Resizes one axis. `lines` separate lines of `lineLength` values each; along the axis neighbours lie `step` values apart, and
 * `step` values side by side are treated alike.
 */
function along(pixels: Uint8Array, lines: number, lineLength: number, step: number, weights: Weights): Uint8Array {
  const result = new Uint8Array(lines * weights.length * step);
  let to = 0;
  for (let line = 0; line < lines; line++) {
    for (const { first, weights: shares } of weights) {
      const start = line * lineLength + first * step;
      for (let offset = 0; offset < step; offset++, to++) {
        let sum = 2 ** (precision - 1);
        for (let at = 0, from = start + offset; at < shares.length; at++, from += step) {
          sum += (pixels[from] as number) * (shares[at] as number);
        }
        result[to] = Math.min(255, Math.max(0, Math.floor(sum / 2 ** precision)));
      }
    }
  }
  return result;
}
