import sharp from "sharp";
import { bitmapToRle, type MaskBox, type MaskRuns, rleBoundingBox } from "../../../proto/index.js";
import { placeMask } from "../../../services/sam/crop/place-mask.js";
import { type MeasuredObject, type MeasuredPicture, measuredScenes } from "../measured-objects.js";

/** A photograph of 12 megapixels. */
const size = { width: 4248, height: 2832 };
/** How large a scene lies in it, of its own size: objects of 200 to 400 pixels, of 100 to 200, and of 50 to 100. */
const shares = [1, 1 / 2, 1 / 4];

export interface FarObject {
  readonly name: string;
  readonly truth: MaskRuns;
  readonly click: { readonly x: number; readonly y: number };
  readonly box: MaskBox;
}

interface FarPicture {
  readonly bytes: Buffer;
  readonly objects: readonly FarObject[];
}

/**
 * Our own scenes, small in the middle of a large picture, mirrored around so that nothing ends at their edges. To trace them from farther
 * away would take half a minute each.
 */
export async function* farPictures(): AsyncGenerator<FarPicture> {
  const { pictures } = await measuredScenes();
  for (const picture of pictures) for (const share of shares) yield await farPicture(picture, share);
}

async function farPicture({ bytes, width, height, objects }: MeasuredPicture, share: number): Promise<FarPicture> {
  const small = { width: Math.round(share * width), height: Math.round(share * height) };
  const left = Math.round((size.width - small.width) / 2);
  const top = Math.round((size.height - small.height) / 2);
  const edges = { left, top, right: size.width - left - small.width, bottom: size.height - top - small.height };
  const scene = await sharp(bytes)
    .resize({ ...small, fit: "fill" })
    .raw()
    .toBuffer();
  const large = sharp(scene, { raw: { ...small, channels: 3 } }).extend({ ...edges, extendWith: "mirror" });
  const placed: FarObject[] = [];
  for (const object of objects) placed.push(await farObject(object, { width, height }, small, { left, top }, share));
  return {
    bytes: await large.jpeg({ quality: 92 }).toBuffer(),
    objects: placed,
  };
}

/** @param share of the picture that it is of, which was made as small as `small` and laid at `place`. */
async function farObject(
  { name, truth, click }: MeasuredObject,
  picture: { width: number; height: number },
  small: { width: number; height: number },
  { left, top }: { left: number; top: number },
  share: number,
): Promise<FarObject> {
  const shades = Buffer.from(truth.map((inside) => 255 * inside));
  const grey = await sharp(shades, { raw: { ...picture, channels: 1 } })
    .resize({ ...small, fit: "fill" })
    .extractChannel(0)
    .raw()
    .toBuffer();
  const inScene = bitmapToRle(
    Uint8Array.from(grey, (value) => (value > 127 ? 1 : 0)),
    small.width,
    small.height,
  );
  const mask = placeMask(inScene, { x: left, y: top, ...small }, size);
  const at = (pixel: number, from: number) => Math.floor(share * (pixel + 0.5)) + from;
  return {
    name: share === 1 ? name : `${name}, 1/${1 / share}`,
    truth: mask,
    click: { x: at(click.x, left), y: at(click.y, top) },
    box: rleBoundingBox(mask),
  };
}
