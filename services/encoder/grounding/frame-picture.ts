import type { Pixels } from "../images/open-picture.js";

/** Where a picture lies in a detector's frame, in the frame's pixels. */
export interface Placement {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

interface FrameOptions {
  /** Of the frame, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly place: Placement;
  /** Value of a byte in the frame's plane: (byte - mean) / std, by plane. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Which of red, green and blue each plane has. */
  readonly order: readonly [number, number, number];
}

/** In the middle of a square frame, as large as it can be. */
export function inTheMiddle({ width, height }: { width: number; height: number }, side: number): Placement {
  const scale = side / Math.max(width, height);
  const [across, down] = [width, height].map((one) => Math.max(1, Math.round(one * scale))) as [number, number];
  return { left: Math.floor((side - across) / 2), top: Math.floor((side - down) / 2), width: across, height: down };
}

/**
 * Interleaved bytes of sRGB -> a detector's planes, black where the picture is not.
 * @returns float32 [3, height, width].
 */
export function framePicture(pixels: Pixels, { width, height, place, mean, std, order }: FrameOptions): Float32Array {
  const planes = new Float32Array(3 * width * height);
  const rows = tentWeights(pixels.height, place.height);
  const columns = tentWeights(pixels.width, place.width);
  const line = new Float32Array(pixels.width);
  for (let plane = 0; plane < 3; plane++) {
    const start = plane * width * height;
    const [shift = 0, scale = 1] = [mean[plane], std[plane]];
    planes.fill((0 - shift) / scale, start, start + width * height);
    for (let y = 0; y < place.height; y++) {
      line.fill(0);
      for (let at = rows.starts[y]!; at < rows.starts[y + 1]!; at++) {
        const weight = rows.weights[at]!;
        let from = rows.sources[at]! * pixels.width * pixels.channels + order[plane]!;
        for (let x = 0; x < pixels.width; x++, from += pixels.channels) line[x]! += weight * pixels.data[from]!;
      }
      const to = start + (place.top + y) * width + place.left;
      for (let x = 0; x < place.width; x++) {
        let value = 0;
        for (let at = columns.starts[x]!; at < columns.starts[x + 1]!; at++) {
          value += columns.weights[at]! * line[columns.sources[at]!]!;
        }
        planes[to + x] = (value - shift) / scale;
      }
    }
  }
  return planes;
}

/**
 * Which pixels of an axis make one of the new ones: bilinear, with the tent as wide as a new pixel where it shrinks, so that
 * nothing between them is left out.
 */
function tentWeights(from: number, to: number) {
  const scale = from / to;
  const reach = Math.max(1, scale);
  const starts = new Uint32Array(to + 1);
  const sources: number[] = [];
  const weights: number[] = [];
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale - 0.5;
    const first = weights.length;
    let sum = 0;
    for (let source = Math.ceil(centre - reach); source <= centre + reach; source++) {
      const weight = 1 - Math.abs(source - centre) / reach;
      if (weight <= 0) continue;
      sources.push(Math.min(Math.max(source, 0), from - 1));
      weights.push(weight);
      sum += weight;
    }
    for (let at = first; at < weights.length; at++) weights[at]! /= sum;
    starts[i + 1] = weights.length;
  }
  return { starts, sources: Uint32Array.from(sources), weights: Float32Array.from(weights) };
}
