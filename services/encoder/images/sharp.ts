import sharp, { type Sharp } from "sharp";
import { offeredLoaders } from "../../runtime/offered-formats.js";

// Only the loaders of formats that are offered may see an upload: a loader is code that reads hostile bytes.
sharp.block({ operation: ["VipsForeignLoad"] });
sharp.unblock({ operation: offeredLoaders });
// An upload is decoded once; a cache of decoded pictures would only hold memory.
sharp.cache(false);

/** Damaged pixels are an error; a peculiar but readable file is not. Limits are checked on the header before. */
export function openImage(bytes: Uint8Array): Sharp {
  return sharp(bytes, { failOn: "error", limitInputPixels: false, pages: 1 });
}
