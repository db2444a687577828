/** A plane of floats, row by row. */
interface Plane {
  width: number;
  height: number;
  values: Float32Array;
}

/**
 * The mask as Meta's own `Sam.postprocess_masks` makes it, written from its published description and kept apart from
 * the service's code: logits to the model's 1024-pixel frame, crop to the picture's part, to the picture's size (both
 * times bilinear, `align_corners=False`), then everything above 0.
 * @param logits of the 256 grid. @returns 0 or 1 for each pixel, row by row.
 */
export function referenceMask(logits: Float32Array, width: number, height: number): Uint8Array {
  const grid = Math.sqrt(logits.length);
  const frame = resize({ width: grid, height: grid, values: logits }, 1024, 1024);
  // `ResizeLongestSide.get_preprocess_shape`
  const scale = 1024 / Math.max(width, height);
  const content = crop(
    frame,
    Math.max(1, Math.floor(width * scale + 0.5)),
    Math.max(1, Math.floor(height * scale + 0.5)),
  );
  const { values } = resize(content, width, height);
  const mask = new Uint8Array(values.length);
  // A loop: `from` with a function takes longer than all the rest.
  for (let at = 0; at < mask.length; at++) if ((values[at] as number) > 0) mask[at] = 1;
  return mask;
}

function crop(plane: Plane, width: number, height: number): Plane {
  const values = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    values.set(plane.values.subarray(y * plane.width, y * plane.width + width), y * width);
  }
  return { width, height, values };
}

/** torch's `interpolate(mode="bilinear", align_corners=False)`, without antialiasing. */
function resize(plane: Plane, width: number, height: number): Plane {
  const columns = sources(plane.width, width);
  const rows = sources(plane.height, height);
  const values = new Float32Array(width * height);
  for (let y = 0, at = 0; y < height; y++) {
    const { low, high, weight } = rows[y] as Source;
    const top = low * plane.width;
    const bottom = high * plane.width;
    for (let x = 0; x < width; x++, at++) {
      const column = columns[x] as Source;
      const upper = mix(plane.values, top + column.low, top + column.high, column.weight);
      const lower = mix(plane.values, bottom + column.low, bottom + column.high, column.weight);
      values[at] = upper * (1 - weight) + lower * weight;
    }
  }
  return { width, height, values };
}

interface Source {
  low: number;
  high: number;
  weight: number;
}

function sources(from: number, to: number): Source[] {
  return Array.from({ length: to }, (_, i) => {
    const place = Math.max(0, ((i + 0.5) * from) / to - 0.5);
    const low = Math.min(Math.floor(place), from - 1);
    return { low, high: Math.min(low + 1, from - 1), weight: place - low };
  });
}

const mix = (values: Float32Array, a: number, b: number, weight: number) =>
  (values[a] as number) * (1 - weight) + (values[b] as number) * weight;
