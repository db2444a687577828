import { decodeRle, rleToBitmap, type Sa1bAnnotation } from "../../../proto/index.js";
import { noLimits, openPicture } from "../../encoder/images/open-picture.js";
import { openPixels } from "../../encoder/images/sharp.js";

/** Share of the colour over the photo. */
const opacity = 0.45;
/** A turn of the colour wheel that never comes near where it has been (the golden angle, in degrees). */
const hueStep = 137.508;

/**
 * The upright photo with every mask in a colour of its own, small ones over large ones, edges drawn in full.
 * @returns PNG. @throws ServiceError when the photo cannot be read.
 */
export async function drawPreview(photo: Uint8Array, annotations: readonly Sa1bAnnotation[]): Promise<Uint8Array> {
  const picture = await openPicture(photo, noLimits);
  const { data, width, height, channels } = await picture.pixels();
  const byArea = [...annotations].sort((a, b) => b.area - a.area);
  for (const [index, { segmentation }] of byArea.entries()) {
    const inside = rleToBitmap(decodeRle(segmentation));
    const colour = hueToRgb((index * hueStep) % 360);
    for (let pixel = 0; pixel < inside.length; pixel++) {
      if (!inside[pixel]) continue;
      const x = pixel % width;
      const isEdge =
        x === 0 ||
        x === width - 1 ||
        !inside[pixel - 1] ||
        !inside[pixel + 1] ||
        !inside[pixel - width] ||
        !inside[pixel + width];
      const share = isEdge ? 1 : opacity;
      for (let channel = 0; channel < 3; channel++) {
        const at = pixel * channels + channel;
        data[at] = (data[at] as number) * (1 - share) + (colour[channel] as number) * share;
      }
    }
  }
  return openPixels(data, width, height, channels as 3 | 4)
    .png()
    .toBuffer();
}

/** A bright colour of the given hue in degrees. @returns RGB, 0 to 255. */
function hueToRgb(hue: number): [number, number, number] {
  const part = (offset: number) => {
    const place = (offset + hue / 30) % 12;
    return Math.round(255 * (0.55 - 0.45 * Math.max(-1, Math.min(place - 3, 9 - place, 1))));
  };
  return [part(0), part(8), part(4)];
}
