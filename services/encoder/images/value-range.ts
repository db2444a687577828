/** Depths of libvips that are read, and how their values lie in memory. */
export const sampleArrays = {
  uchar: Uint8Array,
  char: Int8Array,
  ushort: Uint16Array,
  short: Int16Array,
  uint: Uint32Array,
  int: Int32Array,
  float: Float32Array,
  double: Float64Array,
} as const;

export type Depth = keyof typeof sampleArrays;
export type Samples = InstanceType<(typeof sampleArrays)[Depth]>;

export interface ValueRange {
  /** Becomes 0; what is below does too. */
  low: number;
  /** Becomes 255; what is above does too. */
  high: number;
}

/** The darkest and the brightest half of a percent are cut off: a few values that stand for "no data" decide nothing. */
const cutShare = 0.005;
/** As many values decide about the percentiles as all of them would. */
const mostSampled = 1_000_000;
/** Cameras and scanners of 10, 12 and 14 bits store them in 16; a picture of 16 bits that stays so dark is not seen. */
const mostSensorBits = 14;

/**
 * Which values become black and white. 8 bits: 0 to 255. 16 bits, unsigned: 0 to 65535, or, where no value needs more than
 * 14 bits, 0 to the largest number of as many bits as the largest value needs. All others (signed, 32 bits, floating
 * point) say nothing of their range, and are stretched from the 0.5th to the 99.5th percentile of their finite values.
 * @param channels values a pixel. @param bands those of the colours, from 0.
 */
export function rangeOf(samples: Samples, depth: Depth, channels: number, bands: readonly number[]): ValueRange {
  if (depth === "uchar") return { low: 0, high: 0xff };
  if (depth === "ushort") {
    const bits = Math.max(8, 32 - Math.clz32(largest(samples, channels, bands)));
    return { low: 0, high: bits <= mostSensorBits ? 2 ** bits - 1 : 0xffff };
  }
  const pixels = samples.length / channels;
  const step = Math.max(1, Math.floor((pixels * bands.length) / mostSampled));
  const found: number[] = [];
  for (let pixel = 0; pixel < pixels; pixel += step) {
    for (const band of bands) {
      const value = samples[pixel * channels + band] as number;
      if (Number.isFinite(value)) found.push(value);
    }
  }
  const sorted = Float64Array.from(found).sort();
  if (sorted.length === 0) return { low: 0, high: 1 };
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] as number;
  const [low, high] = [at(cutShare), at(1 - cutShare)];
  // Nearly all of one value: what differs is what there is to see.
  return low < high ? { low, high } : { low: at(0), high: at(1) };
}

function largest(samples: Samples, channels: number, bands: readonly number[]): number {
  let most = 0;
  for (let at = 0; at < samples.length; at += channels) {
    for (const band of bands) if ((samples[at + band] as number) > most) most = samples[at + band] as number;
  }
  return most;
}

/**
 * The values of some bands as bytes, interleaved.
 * @param bands as `rangeOf` has them. @param alpha a band that goes along as it is, by its type's own range.
 */
export function toBytes(
  samples: Samples,
  channels: number,
  { low, high }: ValueRange,
  bands: readonly number[],
  alpha?: { band: number; high: number },
): Uint8Array {
  const pixels = samples.length / channels;
  const bytes = new Uint8ClampedArray(pixels * (bands.length + (alpha ? 1 : 0)));
  const scale = high > low ? 255 / (high - low) : 0;
  for (let pixel = 0, at = 0; pixel < pixels; pixel++) {
    const from = pixel * channels;
    // What is no number becomes black.
    for (const band of bands) bytes[at++] = ((samples[from + band] as number) - low) * scale;
    if (alpha) bytes[at++] = ((samples[from + alpha.band] as number) * 255) / alpha.high;
  }
  return new Uint8Array(bytes.buffer);
}
