import { decodeRle, type Mask, rleToBitmap } from "../../../proto/index.js";
import { noLimits, openPicture } from "../../encoder/images/open-picture.js";
import { openPixels } from "../../encoder/images/sharp.js";
import { CommandError } from "./command-error.js";

/**
 * The object on transparency: the upright photo inside the mask, cropped to the mask's bounding box, as PNG.
 * Transparent pixels are black underneath, so that nothing of the background is given away.
 * @param photo the file's bytes. @throws CommandError when the mask is empty, ServiceError when
 * the photo cannot be read.
 */
export async function cutOut(photo: Uint8Array, { rle, bbox }: Pick<Mask, "rle" | "bbox">): Promise<Uint8Array> {
  if (!rle || !bbox || bbox.width === 0) throw new CommandError("The mask is empty; there is nothing to cut out.");
  const mask = decodeRle(rle);
  const inside = rleToBitmap(mask);
  const { x: left, y: top, width, height } = bbox;
  const picture = await openPicture(photo, noLimits);
  const { data } = await picture.pixels({ crop: { x: left, y: top, width, height }, keepsAlpha: true });
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      if (!inside[(top + y) * mask.width + left + x]) data.fill(0, at, at + 4);
    }
  }
  return openPixels(data, width, height, 4).png().toBuffer();
}
