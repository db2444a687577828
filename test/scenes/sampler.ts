/** Mixes an integer into 32 well spread bits. */
export function scramble(seed: number): number {
  let x = seed | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

const UNIT = 1 / 4294967296;
// The plastic number's powers: the additive recurrence that fills the unit square most evenly (Roberts, "R2").
const STEP_U = 0.7548776662466927;
const STEP_V = 0.5698402909980532;

/**
 * Pairs of numbers in [0, 1) for one sample of one pixel. Each dimension of a pixel sees the same evenly spread points,
 * shifted and in its own order, so few samples already cover the light, the lens and the hemisphere.
 */
export class Sampler {
  u = 0;
  v = 0;
  #pixel = 0;
  #sample = 0;
  #mask = 0;
  #dimension = 0;

  /** `count` is a power of two. */
  start(pixel: number, sample: number, count: number): void {
    this.#pixel = pixel;
    this.#sample = sample;
    this.#mask = count - 1;
    this.#dimension = 0;
  }

  next(): void {
    this.#dimension++;
    const a = scramble(Math.imul(this.#pixel, 0x9e3779b1) + Math.imul(this.#dimension, 0x85ebca77));
    const b = scramble(a + 0x68bc21eb);
    const index = (Math.imul(this.#sample ^ (a >>> 7), (b >>> 3) | 1) + (b >>> 11)) & this.#mask;
    const u = a * UNIT + index * STEP_U;
    const v = b * UNIT + index * STEP_V;
    this.u = u - Math.floor(u);
    this.v = v - Math.floor(v);
  }
}
