interface PixelSize {
  width: number;
  height: number;
}

/**
 * Bilinear enlargement with pixel centres where Pillow has them, place `(i + 0.5) * from / to - 0.5`, the edge repeated.
 * libvips' enlargement, and so sharp's, lies half an enlarged pixel off; on photographs of 640 pixels that alone made the
 * masks differ from the bare model's (IoU 0.97 with each other in place of 0.999).
 * @param pixels 8-bit, interleaved, `channels` a pixel. @returns the same form at the size `to`, no side of which is smaller.
 */
export function enlarge(pixels: Uint8Array, channels: number, from: PixelSize, to: PixelSize): Uint8Array {
  const across = samples(from.width, to.width);
  const down = samples(from.height, to.height);
  const rowLength = to.width * channels;
  // Rows first, each rounded to bytes as Pillow does between its two passes.
  const wide = new Uint8Array(from.height * rowLength);
  for (let y = 0, at = 0; y < from.height; y++) {
    const row = y * from.width * channels;
    for (let x = 0; x < to.width; x++) {
      const left = row + across.lower[x]! * channels;
      const right = row + across.upper[x]! * channels;
      const share = across.shares[x]!;
      for (let channel = 0; channel < channels; channel++, at++) {
        const value = pixels[left + channel]!;
        wide[at] = value + (pixels[right + channel]! - value) * share + 0.5;
      }
    }
  }
  const result = new Uint8Array(to.height * rowLength);
  for (let y = 0, at = 0; y < to.height; y++) {
    const above = down.lower[y]! * rowLength;
    const below = down.upper[y]! * rowLength;
    const share = down.shares[y]!;
    for (let x = 0; x < rowLength; x++, at++) {
      const value = wide[above + x]!;
      result[at] = value + (wide[below + x]! - value) * share + 0.5;
    }
  }
  return result;
}

/** For each enlarged position its two neighbours and the second one's share. */
function samples(from: number, to: number) {
  const lower = new Uint32Array(to);
  const upper = new Uint32Array(to);
  const shares = new Float64Array(to);
  for (let i = 0; i < to; i++) {
    const place = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    lower[i] = Math.floor(place);
    upper[i] = Math.min(lower[i]! + 1, from - 1);
    shares[i] = place - lower[i]!;
  }
  return { lower, upper, shares };
}
