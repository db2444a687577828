/** A seeded source of random numbers (mulberry32): the same seed and stream give the same numbers everywhere. */
export class Random {
  #state: number;
  #spareNormal: number | undefined;

  /** @param stream tells independent sources of one seed apart. */
  constructor(seed: number, stream = 0) {
    this.#state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(stream + 1, 0xc2b2ae35)) >>> 0;
    // Neighbouring seeds begin far apart.
    for (let i = 0; i < 8; i++) this.uniform();
  }

  /** In [0, 1). */
  uniform(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to `count` - 1. */
  below(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.uniform());
  }

  /** Log-normal of this mean. @param sigma standard deviation of the logarithm; 0 gives the mean itself. */
  logNormal(mean: number, sigma: number): number {
    return mean * Math.exp(sigma * this.#normal() - (sigma * sigma) / 2);
  }

  /** A value of the distribution whose evenly spaced quantiles, least to greatest, are these; linear between two. */
  ofQuantiles(quantiles: readonly number[]): number {
    const place = this.uniform() * (quantiles.length - 1);
    const below = quantiles[Math.floor(place)] as number;
    const above = quantiles[Math.ceil(place)] as number;
    return below + (above - below) * (place - Math.floor(place));
  }

  /** Box and Muller's pair, one at a time. */
  #normal(): number {
    const spare = this.#spareNormal;
    if (spare !== undefined) {
      this.#spareNormal = undefined;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}
