import type { Region } from "../../sam/region.js";

export interface Interleaved {
  /** `channels` bytes a pixel, three or four, row by row. */
  data: Uint8Array;
  width: number;
  height: number;
  channels: number;
}

/** True for the orientations that lay rows upright as columns. */
export const isTurned = (orientation: number) => orientation >= 5;

/**
 * Where a pixel of the upright picture is stored (EXIF 2.32, 4.6.4, Orientation).
 * @param width and height of the upright picture.
 */
function storedPlace(orientation: number, width: number, height: number, x: number, y: number): [number, number] {
  const [right, bottom] = [width - 1 - x, height - 1 - y];
  switch (orientation) {
    case 2:
      return [right, y];
    case 3:
      return [right, bottom];
    case 4:
      return [x, bottom];
    case 5:
      return [y, x];
    case 6:
      return [y, right];
    case 7:
      return [bottom, right];
    case 8:
      return [bottom, x];
    default:
      return [x, y];
  }
}

/** The part of the stored picture that shows `region` of the upright one, which is `width` x `height`. */
export function storedRegion(region: Region, orientation: number, width: number, height: number): Region {
  const one = storedPlace(orientation, width, height, region.x, region.y);
  const other = storedPlace(orientation, width, height, region.x + region.width - 1, region.y + region.height - 1);
  const [x, y] = [Math.min(one[0], other[0]), Math.min(one[1], other[1])];
  const [w, h] = isTurned(orientation) ? [region.height, region.width] : [region.width, region.height];
  return { x, y, width: w, height: h };
}

/** Stored pixels turned and mirrored upright; the pixels themselves do not change. */
export function turnUpright(stored: Interleaved, orientation: number): Interleaved {
  if (orientation <= 1 || orientation > 8) return stored;
  const { channels, data: pixels } = stored;
  const [width, height] = isTurned(orientation) ? [stored.height, stored.width] : [stored.width, stored.height];
  const data = new Uint8Array(stored.data.byteLength);
  // A step along the upright row is one step of the stored picture: found once, not for each pixel.
  const [originX, originY] = storedPlace(orientation, width, height, 0, 0);
  const [acrossX, acrossY] = storedPlace(orientation, width, height, 1, 0);
  const [downX, downY] = storedPlace(orientation, width, height, 0, 1);
  const across = ((acrossY - originY) * stored.width + acrossX - originX) * channels;
  const down = ((downY - originY) * stored.width + downX - originX) * channels;
  const origin = (originY * stored.width + originX) * channels;
  for (let y = 0, at = 0; y < height; y++) {
    let from = origin + y * down;
    for (let x = 0; x < width; x++, from += across, at += channels) {
      data[at] = pixels[from] as number;
      data[at + 1] = pixels[from + 1] as number;
      data[at + 2] = pixels[from + 2] as number;
      if (channels > 3) data[at + 3] = pixels[from + 3] as number;
    }
  }
  return { data, width, height, channels };
}
