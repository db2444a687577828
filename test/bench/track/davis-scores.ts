/*
 * J and F of Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation" (2016), as their program
 * reckons them: a boundary is where a pixel differs from the one to its right, below, or both; two boundaries are one where they lie
 * within 0.8 % of the picture's diagonal of each other.
 */

interface Size {
  readonly width: number;
  readonly height: number;
}

const bandOfDiagonal = 0.008;

/** Region: the IoU; 1 of two empty masks. */
export function regionScore(mask: Uint8Array, truth: Uint8Array): number {
  let [both, either] = [0, 0];
  for (let at = 0; at < truth.length; at++) {
    if (mask[at] && truth[at]) both++;
    if (mask[at] || truth[at]) either++;
  }
  return either === 0 ? 1 : both / either;
}

/** Boundary: the harmonic mean of precision and recall; 1 of two without a boundary, 0 where one has none. */
export function contourScore(mask: Uint8Array, truth: Uint8Array, size: Size): number {
  const ours = boundaryOf(mask, size);
  const theirs = boundaryOf(truth, size);
  if (ours.length === 0 || theirs.length === 0) return ours.length === theirs.length ? 1 : 0;
  const band = Math.ceil(bandOfDiagonal * Math.hypot(size.width, size.height));
  const precision = shareNear(ours, theirs, size, band);
  const recall = shareNear(theirs, ours, size, band);
  return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
}

function boundaryOf(mask: Uint8Array, { width, height }: Size): number[] {
  const found: number[] = [];
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const own = mask[at]!;
      const right = x + 1 < width ? mask[at + 1]! : own;
      const below = y + 1 < height ? mask[at + width]! : own;
      const slant = x + 1 < width && y + 1 < height ? mask[at + width + 1]! : x + 1 < width ? right : below;
      if (own !== right || own !== below || own !== slant) found.push(at);
    }
  }
  return found;
}

function shareNear(
  pixels: readonly number[],
  others: readonly number[],
  { width, height }: Size,
  band: number,
): number {
  const near = new Uint8Array(width * height);
  const reach = Array.from({ length: 2 * band + 1 }, (_, at) => Math.floor(Math.sqrt(band ** 2 - (at - band) ** 2)));
  for (const at of others) {
    const [x, y] = [at % width, Math.floor(at / width)];
    for (let row = Math.max(0, y - band); row <= Math.min(height - 1, y + band); row++) {
      const wide = reach[row - y + band]!;
      near.fill(1, row * width + Math.max(0, x - wide), row * width + Math.min(width - 1, x + wide) + 1);
    }
  }
  return pixels.filter((at) => near[at] === 1).length / pixels.length;
}
