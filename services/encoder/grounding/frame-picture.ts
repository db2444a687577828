import type { Pixels } from "../images/open-picture.js";

/** Where a picture lies in a detector's frame, in the frame's pixels. */
export interface Placement {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** What each new pixel of an axis is made of: `sources` with their `weights`, of pixel i from `starts[i]` to `starts[i + 1]`. */
interface AxisWeights {
  readonly starts: Uint32Array;
  readonly sources: Uint32Array;
  readonly weights: Float32Array;
}

interface FrameOptions {
  /** Of the frame, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly place: Placement;
  /** Value of a byte in the frame's plane: (byte - mean) / std, by plane. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Byte of all channels where the picture is not; black when left out. */
  readonly fill?: number;
  /** How pixels are made of others; `tentWeights` when left out. */
  readonly samples?: (from: number, to: number) => AxisWeights;
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
 * Interleaved bytes of sRGB -> a detector's planes.
 * @returns float32 [3, height, width].
 */
export function framePicture(
  pixels: Pixels,
  { width, height, place, mean, std, order, fill = 0, samples = tentWeights }: FrameOptions,
): Float32Array {
  const { data, channels } = pixels;
  const area = width * height;
  const planes = new Float32Array(3 * area);
  const rows = samples(pixels.height, place.height);
  const columns = samples(pixels.width, place.width);
  const scales = std.map((one) => 1 / one);
  const shifts = mean.map((one, plane) => -one / (std[plane] as number));
  for (let plane = 0; plane < 3; plane++) {
    planes.fill(fill * scales[plane]! + shifts[plane]!, plane * area, (plane + 1) * area);
  }
  const bytes = pixels.width * channels;
  const line = new Float32Array(bytes);
  for (let y = 0; y < place.height; y++) {
    // All channels together, as they lie: the rows are most of the work.
    line.fill(0);
    for (let at = rows.starts[y]!; at < rows.starts[y + 1]!; at++) {
      const weight = rows.weights[at]!;
      const from = rows.sources[at]! * bytes;
      for (let x = 0; x < bytes; x++) line[x]! += weight * data[from + x]!;
    }
    const row = (place.top + y) * width + place.left;
    for (let plane = 0; plane < 3; plane++) {
      const channel = order[plane]!;
      const [scale, shift, to] = [scales[plane]!, shifts[plane]!, plane * area + row];
      for (let x = 0; x < place.width; x++) {
        const end = columns.starts[x + 1]!;
        let value = 0;
        for (let at = columns.starts[x]!; at < end; at++) {
          value += columns.weights[at]! * line[columns.sources[at]! * channels + channel]!;
        }
        planes[to + x] = value * scale + shift;
      }
    }
  }
  return planes;
}

/**
 * Bilinear, with the tent as wide as a new pixel where it shrinks, so that nothing between them is left out.
 */
function tentWeights(from: number, to: number): AxisWeights {
  const scale = from / to;
  const reach = Math.max(1, scale);
  return axisWeights(from, to, (i) => (i + 0.5) * scale - 0.5, reach);
}

/**
 * TensorFlow's `ResizeBilinear` without half pixel centres: between the two pixels around i * from / to, whatever lies between
 * those and the next. Graphs that were trained behind it know pictures so.
 */
export function cornerWeights(from: number, to: number): AxisWeights {
  return axisWeights(from, to, (i) => (i * from) / to, 1);
}

function axisWeights(from: number, to: number, centreOf: (i: number) => number, reach: number): AxisWeights {
  const starts = new Uint32Array(to + 1);
  const sources: number[] = [];
  const weights: number[] = [];
  for (let i = 0; i < to; i++) {
    const centre = centreOf(i);
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
