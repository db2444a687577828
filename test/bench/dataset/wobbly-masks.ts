import { encodeRle, type Rle, RunsBuilder } from "../../../proto/index.js";

/** Numbers of at least 0 and below 1, the same every time. */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

type Size = { readonly width: number; readonly height: number };

/** Masks as models give them: blobs of any size whose edge goes up and down from column to column. */
export function wobblyMasks(count: number, picture: Size, next: () => number): Pick<Rle, "size" | "counts">[] {
  return Array.from({ length: count }, () => wobblyMask(picture, next));
}

function wobblyMask({ width, height }: Size, next: () => number): Pick<Rle, "size" | "counts"> {
  // Many small ones, few large ones.
  const radius = 4 + (Math.min(width, height) / 2 - 4) * next() ** 3;
  const [x0, y0] = [next() * width, next() * height];
  const builder = new RunsBuilder();
  const first = Math.max(0, Math.ceil(x0 - radius));
  const last = Math.min(width - 1, Math.floor(x0 + radius));
  for (let x = first; x <= last; x++) {
    const half = Math.sqrt(radius ** 2 - (x - x0) ** 2) + 2 * next();
    const top = clamp(Math.round(y0 - half), 0, height - 1);
    const bottom = clamp(Math.round(y0 + half + 2 * next()), top + 1, height);
    builder.add(x * height + top, x * height + bottom);
  }
  const runs = builder.finish(width * height);
  return encodeRle({ width, height, runs });
}

const clamp = (value: number, least: number, most: number) => Math.max(least, Math.min(most, value));
