/** So far a pointer's distance is 1. */
const longest = 15;
const base = 10_000;

/** A linear layer: float32 [to, from] and [to]. */
export interface Projection {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/**
 * What says how far a pointer is: sines, then cosines, of its distance at rising wavelengths (`get_1d_sine_pe` of facebookresearch/sam2),
 * through a linear layer. @returns float32 [to]
 */
export function temporalEncoding(distance: number, { weight, bias }: Projection): Float32Array {
  const from = weight.length / bias.length;
  const half = from / 2;
  const waves = Float32Array.from({ length: from }, (_, at) => {
    const angle = distance / longest / base ** ((2 * Math.floor((at % half) / 2)) / half);
    return at < half ? Math.sin(angle) : Math.cos(angle);
  });
  return bias.map((start, to) => waves.reduce((sum, wave, at) => sum + wave * weight[to * from + at]!, start));
}
