import type { Preprocess } from "../../runtime/models/manifest.js";
import type { Frame } from "../../sam/frame.js";
import type { Region } from "../../sam/region.js";
import { enlarge } from "./enlarge.js";
import { damagedImage } from "./inspect-image.js";
import { openImage } from "./sharp.js";

/**
 * A picture file as the encoder's input: upright, sRGB, transparency over white, fitted into the square frame,
 * normalised, padding zero. As Meta's `Sam.preprocess` after `ResizeLongestSide.apply_image`.
 * @param frame that of the crop when there is one. @param crop a part of the upright picture; all of it when left out.
 * @returns float32, shape [1, 3, size, size].
 * @throws ServiceError INVALID_ARGUMENT (DAMAGED_IMAGE) when the pixels cannot be read.
 */
export async function preprocess(
  bytes: Uint8Array,
  frame: Frame,
  rules: Preprocess,
  crop?: Region,
): Promise<Float32Array> {
  // sharp only ever shrinks here; see `enlarge` for why.
  const width = Math.min(frame.contentWidth, frame.pictureWidth);
  const height = Math.min(frame.contentHeight, frame.pictureHeight);
  const upright = openImage(bytes).autoOrient();
  const part = crop ? upright.extract({ left: crop.x, top: crop.y, width: crop.width, height: crop.height }) : upright;
  const { data, info } = await part
    // Triangle filter with its support scaled when shrinking: PIL's antialiased bilinear, which SAM was trained with.
    .resize(width, height, { fit: "fill", kernel: "linear" })
    .flatten({ background: "#ffffff" })
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw damagedImage("The picture's pixels are damaged or cut short.", cause);
    });
  if (info.channels < 3) throw new Error(`sharp gave ${info.channels} channels for sRGB`);
  const content = { width: frame.contentWidth, height: frame.contentHeight };
  const isSmaller = width < content.width || height < content.height;
  const pixels = isSmaller ? enlarge(data, info.channels, { width, height }, content) : data;
  return normalise(pixels, info.channels, frame, rules);
}

/** Interleaved RGB bytes of the content -> planar, normalised, padded with zeros on the right and at the bottom. */
export function normalise(
  pixels: Uint8Array,
  channels: number,
  frame: Frame,
  { size, mean, std }: Preprocess,
): Float32Array {
  const { contentWidth, contentHeight } = frame;
  const planes = new Float32Array(3 * size * size);
  for (let channel = 0; channel < 3; channel++) {
    const scale = 1 / (std[channel] as number);
    const shift = -(mean[channel] as number) * scale;
    for (let y = 0; y < contentHeight; y++) {
      let from = y * contentWidth * channels + channel;
      const row = (channel * size + y) * size;
      for (let x = 0; x < contentWidth; x++, from += channels)
        planes[row + x] = (pixels[from] as number) * scale + shift;
    }
  }
  return planes;
}
