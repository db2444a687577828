import type { Pixels } from "./open-picture.js";

/** A picture at half its size: each pixel is the mean of four, at an odd edge of those that there are. */
export function halve({ data, width, height, channels }: Pixels): Pixels {
  const [halfWidth, halfHeight] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const half = new Uint8Array(halfWidth * halfHeight * channels);
  let to = 0;
  for (let y = 0; y < halfHeight; y++) {
    const upper = 2 * y * width * channels;
    const lower = Math.min(2 * y + 1, height - 1) * width * channels;
    for (let x = 0; x < halfWidth; x++) {
      const left = 2 * x * channels;
      const right = Math.min(2 * x + 1, width - 1) * channels;
      for (let channel = 0; channel < channels; channel++) {
        const sum =
          (data[upper + left + channel] as number) +
          (data[upper + right + channel] as number) +
          (data[lower + left + channel] as number) +
          (data[lower + right + channel] as number);
        half[to++] = (sum + 2) >> 2;
      }
    }
  }
  return { data: half, width: halfWidth, height: halfHeight, channels };
}
