import sharp, { type Sharp, type SharpOptions } from "sharp";
import { offeredLoaders } from "../../runtime/offered-formats.js";

// Only the loaders of formats that are offered may see an upload: a loader is code that reads hostile bytes.
sharp.block({ operation: ["VipsForeignLoad"] });
sharp.unblock({ operation: offeredLoaders });
// An upload is decoded once; a cache of decoded pictures would only hold memory.
sharp.cache(false);

/** A pixel of a multispectral picture has that many bands and more. */
const mostChannels = 64;

/** Damaged pixels are an error; a peculiar but readable file is not. Limits are checked on the header before. */
export function openImage(bytes: Uint8Array, options: Pick<SharpOptions, "page" | "pages" | "ignoreIcc"> = {}): Sharp {
  return sharp(bytes, {
    failOn: "error",
    limitInputPixels: false,
    limitInputChannels: mostChannels,
    pages: 1,
    ...options,
  });
}

/** Pixels that are decoded already. */
export function openPixels(data: Uint8Array, width: number, height: number, channels: 1 | 2 | 3 | 4): Sharp {
  return sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
}
