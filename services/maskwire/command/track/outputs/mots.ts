import { bitmapToRle, encodeRle, type FrameMasks } from "../../../../../proto/index.js";
import { encodePng } from "../../../../dataset/formats/png/encode-png.js";
import { objectIndices } from "./object-indices.js";
import type { MadeFile, Size } from "./tracked-frames.js";

/*
 * MOTS, as "MOTS: Multi-Object Tracking and Segmentation" (Voigtlaender et al. 2019) has annotations: a number is its class times
 * 1,000 and the object's; frames are numbered from 0, and no pixel is of two objects. All is of one class here.
 */

const objectClass = 1;
const numbered = (object: number) => objectClass * 1000 + object;

/** A frame's PNG of 16 bits a pixel, `instances/000000.png`. */
export async function motsPng(frame: number, masks: FrameMasks | undefined, size: Size): Promise<MadeFile> {
  const values = objectIndices(masks, size).map((object) => (object > 0 ? numbered(object) : 0));
  const path = `instances/${String(frame).padStart(6, "0")}.png`;
  return { path, data: await encodePng(values, size.width, size.height) };
}

/** A frame's lines of `instances.txt`: frame, object, class, height, width, COCO's compressed run-length encoding. */
export function motsLines(frame: number, masks: FrameMasks | undefined, size: Size): string {
  const { width, height } = size;
  const indices = objectIndices(masks, size);
  const objects = [...new Set(masks?.objects.map(({ object }) => object))].sort((a, b) => a - b);
  return objects
    .map((object) => {
      const bitmap = Uint8Array.from(indices, (one) => (one === object ? 1 : 0));
      if (!bitmap.includes(1)) return "";
      const { counts } = encodeRle(bitmapToRle(bitmap, width, height));
      return `${frame} ${numbered(object)} ${objectClass} ${height} ${width} ${counts}\n`;
    })
    .join("");
}
