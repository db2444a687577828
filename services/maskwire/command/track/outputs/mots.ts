import { bitmapToRle, encodeRle, type FrameMasks } from "../../../../../proto/index.js";
import { motsFrame, motsLine, motsNumber } from "../../../../dataset/formats/mots/mots-lines.js";
import { encodePng } from "../../../../dataset/formats/png/encode-png.js";
import { objectIndices } from "./object-indices.js";
import type { MadeFile, Size } from "./tracked-frames.js";

/** All is of one class here. */
const numbered = (object: number) => motsNumber(1, object);

/** A frame's PNG of 16 bits a pixel, `instances/000000.png`. */
export async function motsPng(frame: number, masks: FrameMasks | undefined, size: Size): Promise<MadeFile> {
  const values = objectIndices(masks, size).map((object) => (object > 0 ? numbered(object) : 0));
  return { path: `instances/${motsFrame(frame)}`, data: await encodePng(values, size.width, size.height) };
}

/** A frame's lines of `instances.txt`. */
export function motsLines(frame: number, masks: FrameMasks | undefined, size: Size): string {
  const { width, height } = size;
  const indices = objectIndices(masks, size);
  const objects = [...new Set(masks?.objects.map(({ object }) => object))].sort((a, b) => a - b);
  return objects
    .map((object) => {
      const bitmap = Uint8Array.from(indices, (one) => (one === object ? 1 : 0));
      if (!bitmap.includes(1)) return "";
      return motsLine(frame, numbered(object), encodeRle(bitmapToRle(bitmap, width, height)));
    })
    .join("");
}
