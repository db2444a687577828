import { DecoderService, type KnownPicture, requestBytes } from "../../../proto/index.js";

const { propagate } = DecoderService.method;

/** Of masks' run lengths in one request; ids and numbers have the rest of it. */
export const mostMaskBytes = requestBytes(`/${DecoderService.typeName}/${propagate.name}`) - 64 * 1024;

/**
 * What fits into a request to a decoder. Of many objects with ragged outlines the frames farthest off are left out: those that were made
 * first, then shown ones. The nearest shown of each object stays.
 * @param pictures the nearest last, as those are that come back.
 */
export function withinRequest(pictures: readonly KnownPicture[], most = mostMaskBytes): KnownPicture[] {
  const kept = new Set(pictures);
  let bytes = pictures.reduce((sum, one) => sum + bytesOf(one), 0);
  const [shown, made] = [true, false].map((which) => pictures.filter(({ everywhere }) => everywhere === which));
  for (const one of [...made!, ...shown!]) {
    if (bytes <= most) break;
    if (one.everywhere && isOnlyOne(one, kept)) continue;
    kept.delete(one);
    bytes -= bytesOf(one);
  }
  return [...kept];
}

const bytesOf = ({ masks }: KnownPicture): number => masks.reduce((sum, { rle }) => sum + (rle?.counts.length ?? 0), 0);

/** Of an object that is shown there, no other frame is left on which it is. */
function isOnlyOne(picture: KnownPicture, kept: ReadonlySet<KnownPicture>): boolean {
  const others = [...kept].filter((one) => one !== picture && one.everywhere);
  return picture.masks.some(({ object }) => !others.some(({ masks }) => masks.some((one) => one.object === object)));
}
