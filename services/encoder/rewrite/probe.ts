/** Sides of a frame in pixels. */
export interface FrameSize {
  readonly height: number;
  readonly width: number;
}

/**
 * A picture to prove an encoder with: float32 [3, height, width]. Waves, edges and noise of about the strength of a
 * normalised photograph's; a smaller one is the top left part of a larger.
 */
export function probe({ height, width }: FrameSize): Float32Array {
  const values = new Float32Array(3 * height * width);
  let at = 0;
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const waves = Math.sin(x / 37 + channel) * Math.cos(y / 23);
        const board = ((x >> 6) + (y >> 5)) % 2 === 0 ? 0.7 : -0.7;
        values[at++] = waves + board + noise(channel, y, x);
      }
    }
  }
  return values;
}

/** Within 0.25 of 0, and of no pattern: the multiplicative hash of Knuth, The Art of Computer Programming 3, 6.4. */
function noise(channel: number, y: number, x: number): number {
  const hash = Math.imul(Math.imul(3 * y + channel, 73856093) ^ Math.imul(x, 19349663), 2654435761);
  return (hash >>> 0) / 2 ** 33 - 0.25;
}
