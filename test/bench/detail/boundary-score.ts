/** A mask whose pixels beyond `width * height` are none. */
interface Bitmap {
  /** 1 inside, 0 outside, row by row. */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** How far apart two boundaries may lie and be the same, in pixels. */
const band = 2;

/**
 * Boundary F-score: of how much of either mask's boundary there is some of the other's within two pixels, as the harmonic mean of both
 * shares. A boundary is of the mask's own pixels that have one beside them, in the four directions, that is not: the F measure of DAVIS
 * (Perazzi et al. 2016) with a band in pixels. 1 for two empty masks, 0 where one is empty.
 */
export function boundaryScore(mask: Uint8Array, truth: Uint8Array, width: number, height: number): number {
  const [ours, theirs] = [mask, truth].map((data) => boundaryOf({ data, width, height })) as [number[], number[]];
  if (ours.length === 0 || theirs.length === 0) return ours.length === theirs.length ? 1 : 0;
  const precision = shareNear(ours, theirs, width, height);
  const recall = shareNear(theirs, ours, width, height);
  return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
}

/** Indices of the boundary's pixels. */
function boundaryOf({ data, width, height }: Bitmap): number[] {
  const found: number[] = [];
  for (let at = data.indexOf(1); at >= 0; at = data.indexOf(1, at + 1)) {
    const x = at % width;
    const isInner =
      x > 0 &&
      x < width - 1 &&
      at >= width &&
      at < width * (height - 1) &&
      data[at - 1] &&
      data[at + 1] &&
      data[at - width] &&
      data[at + width];
    if (!isInner) found.push(at);
  }
  return found;
}

/** The share of `pixels` that have one of `others` within the band. */
function shareNear(pixels: readonly number[], others: readonly number[], width: number, height: number): number {
  const near = new Uint8Array(width * height);
  for (const at of others) {
    const [x, y] = [at % width, Math.floor(at / width)];
    for (let dy = -band; dy <= band; dy++) {
      for (let dx = -band; dx <= band; dx++) {
        if (dx * dx + dy * dy > band * band) continue;
        if (x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height) continue;
        near[at + dy * width + dx] = 1;
      }
    }
  }
  return pixels.filter((at) => near[at] === 1).length / pixels.length;
}
